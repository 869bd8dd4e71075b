/* SPDX-License-Identifier: MIT */
/* dialect.h: learns from a peer's messages for which machine it was built and which version it is.
 *
 * Within src/wire only. Rules: docs/protocol.md, "Session channel". */
#ifndef WIRE_DIALECT_H
#define WIRE_DIALECT_H

#include "wire/layout.h"

/* Makes sure that layout->machine is the one whose header these bytes have: a header's worth of
 * them, and a size field equal to `size`. Fixes the machine. False when there is none. */
bool dialect_learn_machine(struct message_layout *layout, const uint8_t *bytes, size_t size);

/* Which kind the message is, after dialect_learn_machine(). Fixes the dialect when only one has a
 * message of this type and size. Returns 0, ERROR_MESSAGE_TYPE or ERROR_MESSAGE_DATA. */
uint32_t dialect_learn_kind(struct message_layout *layout, const uint8_t *bytes, size_t size,
                            enum message_kind *kind);

#endif
