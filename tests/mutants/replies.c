/* SPDX-License-Identifier: MIT */
/* Defects of the replies to clients. */
#include "base/errors.h"
#include "service/startup/answer.h"
#include "tests/mutants/switches.h"
#include "wire/reply.h"

size_t __real_reply_process_id(char16_t reply[REPLY_MAX_UNITS], uint32_t process_id);
size_t __wrap_reply_process_id(char16_t reply[REPLY_MAX_UNITS], uint32_t process_id);
size_t __real_reply_error(char16_t reply[REPLY_MAX_UNITS], uint32_t code, const char16_t *function,
                          const char16_t *text);
size_t __wrap_reply_error(char16_t reply[REPLY_MAX_UNITS], uint32_t code, const char16_t *function,
                          const char16_t *text);
void __real_answer_failure(struct answer *answer, struct failure failure);
void __wrap_answer_failure(struct answer *answer, struct failure failure);

enum { HEX_DIGITS = 8, PREFIX = 2 };

/* The number of the line that begins at `at`. */
static void mutant_raise_digits(char16_t *reply, size_t at, size_t length)
{
    for (size_t i = at + PREFIX; i < at + PREFIX + HEX_DIGITS && i < length; i++) {
        if (reply[i] >= 'a' && reply[i] <= 'f')
            reply[i] = (char16_t)(reply[i] - 'a' + 'A');
    }
}

size_t __wrap_reply_process_id(char16_t reply[REPLY_MAX_UNITS], uint32_t process_id)
{
    size_t length = __real_reply_process_id(reply, process_id);
    if (mutant_has(L"upper-case-hex"))
        mutant_raise_digits(reply, PREFIX + HEX_DIGITS + 1, length);
    return length;
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
        mutant_raise_digits(reply, 0, length);
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
