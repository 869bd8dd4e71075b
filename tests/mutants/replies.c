/* SPDX-License-Identifier: MIT */
/* Defects of the replies to clients. */
#include "base/errors.h"
#include "service/startup/answer.h"
#include "tests/mutants/switches.h"
#include "wire/reply.h"

#include <string.h>

size_t __real_reply_process_id(char16_t reply[REPLY_MAX_UNITS], uint32_t process_id);
size_t __wrap_reply_process_id(char16_t reply[REPLY_MAX_UNITS], uint32_t process_id);
size_t __real_reply_error(char16_t reply[REPLY_MAX_UNITS], uint32_t code, const char16_t *function,
                          const char16_t *text);
size_t __wrap_reply_error(char16_t reply[REPLY_MAX_UNITS], uint32_t code, const char16_t *function,
                          const char16_t *text);
void __real_answer_failure(struct answer *answer, struct failure failure);
void __wrap_answer_failure(struct answer *answer, struct failure failure);

enum { HEX_DIGITS = 8, PREFIX = 2 };

static void mutant_raise_digits(char16_t *reply)
{
    for (size_t i = PREFIX; i < PREFIX + HEX_DIGITS; i++) {
        if (reply[i] >= 'a' && reply[i] <= 'f')
            reply[i] = (char16_t)(reply[i] - 'a' + 'A');
    }
}

/* Of the second line's number: a process id has fewer digits than eight under Wine. */
static size_t mutant_drop_zeros(char16_t *reply, size_t length)
{
    size_t begin = PREFIX + HEX_DIGITS + 1 + PREFIX, end = begin;
    while (end < begin + HEX_DIGITS - 1 && reply[end] == '0')
        end++;
    memmove(reply + begin, reply + end, (length - end) * sizeof(*reply));
    return length - (end - begin);
}

size_t __wrap_reply_process_id(char16_t reply[REPLY_MAX_UNITS], uint32_t process_id)
{
    size_t length = __real_reply_process_id(reply, process_id);
    return mutant_has(L"process-id-not-padded") ? mutant_drop_zeros(reply, length) : length;
}

static size_t mutant_drop_carriage_returns(char16_t *reply, size_t length)
{
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        if (reply[i] != '\r')
            reply[kept++] = reply[i];
    }
    return kept;
}

size_t __wrap_reply_error(char16_t reply[REPLY_MAX_UNITS], uint32_t code, const char16_t *function,
                          const char16_t *text)
{
    size_t length = __real_reply_error(reply, code, function, text);
    if (mutant_has(L"upper-case-hex"))
        mutant_raise_digits(reply);
    if (mutant_has(L"lf-for-crlf"))
        length = mutant_drop_carriage_returns(reply, length);
    return length;
}

void __wrap_answer_failure(struct answer *answer, struct failure failure)
{
    if (failure.code == ERROR_OPENVPN_STARTUP && mutant_has(L"exit-not-told"))
        return;
    __real_answer_failure(answer, failure);
}
