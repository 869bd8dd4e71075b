/* SPDX-License-Identifier: MIT */
/* channel.h: the requests of one openvpn.exe: message bytes in, acknowledgement bytes out.
 *
 * Does no input or output itself; the service moves the bytes. A session's channel belongs to one
 * thread, the ledger and the network under it are shared. */
#ifndef CHANNEL_CHANNEL_H
#define CHANNEL_CHANNEL_H

#include "network/network.h"
#include "undo/ledger.h"
#include "wire/message.h"

#include <stdbool.h>

/* Stays where it is while it is open: the ledger points into it. */
struct channel {
    struct ledger *ledger;
    struct network *network;
    struct message_layout layout;
    struct ledger_session changes;
    unsigned unknown_types; /* logged so far, at most CHANNEL_UNKNOWN_TYPES */
};

/* How many requests of unknown type one session has logged; the rest is only answered. */
enum { CHANNEL_UNKNOWN_TYPES = 8 };

/* The ledger that every channel of a service shares; its kinds work on `network`. NULL when memory
 * is short; free with ledger_destroy(). */
struct ledger *channel_ledger_create(struct network *network);

/* `layout` holds what is known of openvpn.exe before its first message. */
void channel_open(struct channel *channel, struct ledger *ledger, struct network *network,
                  const struct message_layout *layout);

/* Serves one message of `size` bytes. Returns true with the acknowledgement to send in
 * `acknowledgement` and `*acknowledgement_size`, or false when the session must end without one: a
 * message of zero length or of more than MESSAGE_MAX_SIZE (`size` may then be more than is there).
 */
bool channel_serve(struct channel *channel, const void *bytes, size_t size,
                   unsigned char acknowledgement[ACKNOWLEDGEMENT_MAX_SIZE],
                   size_t *acknowledgement_size);

/* Undoes all that the session did, newest first. Returns how many changes, of earlier sessions too,
 * are still to be undone: ledger_retry() tries them again. */
size_t channel_close(struct channel *channel);

#endif
