/* SPDX-License-Identifier: MIT */
#include "service/startup/answer.h"

#include "base/errors.h"
#include "base/log.h"
#include "service/eventlog.h"
#include "base/text.h"

void answer_process_id(struct answer *answer, uint32_t process_id)
{
    size_t length = reply_process_id(answer->success, process_id);
    pipe_write_begin(answer->pipe, answer->success, (uint32_t)(length * sizeof(*answer->success)));
}

/* The log gets the reply's own text, which has lines of its own (wire/reply.c keeps others' line
 * ends out of it), without its last line end. */
static void log_reply(enum log_event event, const char16_t *units, size_t length)
{
    enum { MOST_BYTES_OF_A_UNIT = 3 };
    char lines[MOST_BYTES_OF_A_UNIT * REPLY_MAX_UNITS + 1];
    while (length && (units[length - 1] == '\r' || units[length - 1] == '\n'))
        length--;
    lines[text_to_utf8(units, length, lines, sizeof(lines) - 1)] = 0;
    log_error_of(event, 0, "%s", lines);
}

void answer_failure(struct answer *answer, struct failure failure)
{
    char16_t buffer[SYSTEM_TEXT_UNITS];
    /* The third line of the reply. For the exit of openvpn.exe it is empty; for the other codes of
     * the protocol Windows has no message, and clients expect "(null)". */
    const char16_t *text =
        failure.code == ERROR_OPENVPN_STARTUP ? u"" : system_text(failure.code, buffer);
    size_t length = reply_error(answer->failure, failure.code, failure.function, text);

    log_reply(failure.event, answer->failure, length);
    pipe_write_begin(answer->pipe, answer->failure, (uint32_t)(length * sizeof(*answer->failure)));
}

void answer_end(struct answer *answer)
{
    pipe_write_end(answer->pipe, PIPE_TIMEOUT_MILLISECONDS);
}
