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
message_handler mtu_set;
message_handler wfp_block_add;
message_handler block_dns_add;
message_handler block_delete; /* of either */
message_handler neighbors_flush;

/* The ledger's kinds; its context is the struct network. */
extern const struct kind address_kind;
extern const struct kind route_kind;
extern const struct kind metric_kind;
extern const struct kind mtu_kind;
extern const struct kind filters_kind;

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

/* What an interface does with a family: the key of its metric and of its MTU. */
struct interface_family {
    uint64_t luid;
    uint16_t family;
};
enum { INTERFACE_FAMILY_SIZE = 8 + 2 };
void interface_family_store(unsigned char at[INTERFACE_FAMILY_SIZE],
                            const struct interface_family *key);
struct interface_family interface_family_load(struct bytes key);
/* "<what> of IPv4 on interface 0006800400000000" */
void interface_family_describe(const char *what, struct bytes key, char *text, size_t size);

/* The session wants an interface metric of its own choice, or no longer does: as ledger_set() and
 * ledger_release(). */
uint32_t metric_set(struct channel *channel, uint64_t interface_luid, uint16_t family,
                    uint32_t metric);
uint32_t metric_release(struct channel *channel, uint64_t interface_luid, uint16_t family);

enum { IP_TEXT_SIZE = 40 };
void ip_text(const struct ip *ip, char text[IP_TEXT_SIZE]);

#endif
