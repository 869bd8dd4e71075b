/* SPDX-License-Identifier: MIT */
#include "channel/outcome.h"

#include "base/array.h"
#include "base/bytes.h"
#include "base/errors.h"
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Windows' own words for the error are in the event's heading. */
static const struct {
    uint32_t error;
    const char *reason;
} reasons[] = {
    {ERROR_MESSAGE_DATA, "malformed"},
    {ERROR_INVALID_PARAMETER, "a value that is not valid"},
    {ERROR_NOT_ENOUGH_QUOTA, "too many changes"},
};

static const char *reason_of(uint32_t error)
{
    for (size_t i = 0; i < ARRAY_COUNT(reasons); i++)
        if (reasons[i].error == error)
            return reasons[i].reason;
    return "it failed";
}

void outcome_note(struct channel *channel, uint32_t error, const char *format, ...)
{
    struct channel_outcome *outcome = &channel->outcome;
    size_t length = strlen(outcome->reason);
    va_list arguments;
    if (error)
        outcome->error = error;
    if (length && length + 2 < sizeof(outcome->reason)) {
        memcpy(outcome->reason + length, "; ", 3);
        length += 2;
    }
    va_start(arguments, format);
    vsnprintf(outcome->reason + length, sizeof(outcome->reason) - length, format, arguments);
    va_end(arguments);
}

/* False: the line is one too many. The last one says so itself. */
static bool may_log(struct log_limit *limit, uint32_t most)
{
    limit->most = most;
    enum log_verdict verdict = log_limit_count(limit, 0);
    if (verdict == LOG_WRITE_NOTICE)
        log_error_of(LOG_LINES_LIMITED, 0,
                     "Further requests of this session that are refused, or served in part, are "
                     "not logged");
    return verdict == LOG_WRITE;
}

void outcome_log(struct channel *channel, enum message_kind kind, uint32_t error)
{
    const struct channel_outcome *outcome = &channel->outcome;
    const char *const name = message_name(kind);
    const unsigned long process_id = channel->options.process_id;
    if (outcome->is_logged || error == ERROR_OBJECT_ALREADY_EXISTS ||
        (!error && !outcome->reason[0]) || !may_log(&channel->refusals, CHANNEL_REFUSALS))
        return;
    if (error)
        log_error_of(LOG_REQUEST_REFUSED, error, "%s of process %lu refused: %s", name, process_id,
                     outcome->error == error ? outcome->reason : reason_of(error));
    else if (outcome->error)
        log_error_of(LOG_REQUEST_IN_PART, outcome->error, "%s of process %lu served in part: %s",
                     name, process_id, outcome->reason);
    else
        log_information_of(LOG_REQUEST_IN_PART, "%s of process %lu served in part: %s", name,
                           process_id, outcome->reason);
}

void outcome_log_malformed(struct channel *channel, const void *bytes, size_t size)
{
    const unsigned long process_id = channel->options.process_id;
    if (!may_log(&channel->malformed, CHANNEL_MALFORMED))
        return;
    if (size < sizeof(uint32_t))
        log_error_of(LOG_REQUEST_REFUSED, ERROR_MESSAGE_DATA,
                     "Message without a type of process %lu refused: malformed", process_id);
    else
        log_error_of(LOG_REQUEST_REFUSED, ERROR_MESSAGE_DATA,
                     "Message of type %d of process %lu refused: malformed",
                     (int)(int32_t)load_u32(bytes), process_id);
}
