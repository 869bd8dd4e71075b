/* SPDX-License-Identifier: MIT */
/* outcome.h: the event about a request that is refused or served in part: its type, what the reason
 * is, and the error. There is one for each such request, so that an administrator sees what
 * openvpn.exe, which ignores some acknowledgements, does not say. Within src/channel only. Facts:
 * docs/protocol.md, "Refused, or served in part". */
#ifndef CHANNEL_OUTCOME_H
#define CHANNEL_OUTCOME_H

#include "channel/channel.h"

/* Notes what is left out of the request in hand. `error` is what would be answered if everything
 * were left out; 0: nothing is lost with it. */
void outcome_note(struct channel *channel, uint32_t error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Logs the end of the request in hand, where there is anything to say. `error` is that of its
 * acknowledgement. What was there before us (5010) is no refusal. */
void outcome_log(struct channel *channel, enum message_kind kind, uint32_t error);

/* Logs a message that could not be decoded. */
void outcome_log_malformed(struct channel *channel, const void *bytes, size_t size);

#endif
