/* SPDX-License-Identifier: MIT */
/* handlers.h: what the channel does for each kind of message. Within src/channel only.
 *
 * A handler turns the message into a resource and the state that the client wants of it, gives both
 * to the ledger, and returns what the acknowledgement will say. */
#ifndef CHANNEL_HANDLERS_H
#define CHANNEL_HANDLERS_H

#include "channel/channel.h"

typedef uint32_t message_handler(struct channel *channel, const struct message *message);

message_handler address_add;
message_handler address_delete;
message_handler route_add;
message_handler route_delete;

/* The ledger's kinds; its context is the struct network. */
extern const struct kind address_kind;
extern const struct kind route_kind;

/* ---- what the handlers share ---- */

/* By index, or by name when the index is INTERFACE_BY_NAME. ERROR_INVALID_PARAMETER when the
 * message names none (index 0, or an empty name), as Windows answers for a row without an
 * interface; otherwise what the network says. */
uint32_t interface_luid(struct network *network, const struct message_interface *interface,
                        uint64_t *luid);

/* ERROR_INVALID_PARAMETER when there is no such family, or when no prefix of the family is that
 * long. Only the low eight bits of a length count (docs/protocol.md, "What each request does"). */
uint32_t check_prefix(int16_t family, int32_t prefix_length);

/* Behind an IPv4 address all is zero, whatever was sent there. */
struct ip ip_of(int16_t family, const struct message_ip *address);

/* Canonical bytes of an IP address, its family in front; ip_load() reads what ip_store() wrote. */
enum { IP_SIZE = 2 + 16 };
void ip_store(unsigned char at[IP_SIZE], const struct ip *ip);
struct ip ip_load(const unsigned char at[IP_SIZE]);

enum { IP_TEXT_SIZE = 40 };
void ip_text(const struct ip *ip, char text[IP_TEXT_SIZE]);

#endif
