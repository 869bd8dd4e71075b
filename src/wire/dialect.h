/* SPDX-License-Identifier: MIT */
/* dialect.h: finds out from the messages of an openvpn.exe for which machine it was built and which
 * version of the protocol it speaks.
 *
 * Used within src/wire only. Rules: docs/protocol.md, "Session channel". */
#ifndef WIRE_DIALECT_H
#define WIRE_DIALECT_H

#include "wire/layout.h"

/* Checks that the `size` bytes begin with a header of layout->machine whose size field equals
 * `size`. While the machine is not fixed, the header of either machine will do; the machine it
 * belongs to is stored in the layout and fixed. Returns false if the header does not match. */
bool dialect_learn_machine(struct message_layout *layout, const uint8_t *bytes, size_t size);

/* Finds the kind of the message, after dialect_learn_machine() has returned true. An unknown
 * dialect becomes known if only one has a message of this type and size, and it has fields. Returns
 * 0; ERROR_MESSAGE_TYPE: no possible dialect has this type; ERROR_MESSAGE_DATA: the size is not
 * that of the type. */
uint32_t dialect_learn_kind(struct message_layout *layout, const uint8_t *bytes, size_t size,
                            enum message_kind *kind);

#endif
