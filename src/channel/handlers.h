/* SPDX-License-Identifier: MIT */
/* handlers.h: what the channel does for each kind of message. Within src/channel only.
 *
 * A handler turns the message into a resource and the state that the client wants of it, gives both
 * to the ledger, and returns what the acknowledgement will say. */
#ifndef CHANNEL_HANDLERS_H
#define CHANNEL_HANDLERS_H

#include "base/text.h"
#include "channel/channel.h"
#include "dns/nrpt.h"
#include "system/dns_client.h"

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
message_handler dns_add;
message_handler dns_delete;
message_handler nrpt_add;
message_handler nrpt_delete;
message_handler wins_add;
message_handler wins_delete;
message_handler dhcp_enable;
message_handler dns_register;
message_handler adapter_create;

/* What a kind is in journals, of all versions to come: never given to another one. */
enum kind_number {
    KIND_ADDRESS = 1,
    KIND_ROUTE = 2,
    KIND_METRIC = 3,
    KIND_MTU = 4,
    KIND_VALUE = 5,
    KIND_SEARCH_DOMAINS = 6,
    KIND_RULE = 7,
    KIND_RULES_KEY = 8,
    KIND_WINS = 9,
    KIND_DHCP = 10
};

/* The ledger's kinds; its context is the struct network. */
extern const struct kind address_kind;
extern const struct kind route_kind;
extern const struct kind metric_kind;
extern const struct kind mtu_kind;
extern const struct kind filters_kind;
extern const struct kind value_kind;
extern const struct kind search_domains_kind;
extern const struct kind rule_kind;
extern const struct kind rules_key_kind;
extern const struct kind wins_kind;
extern const struct kind dhcp_kind;

/* Those that a journal may hold: all but packet filters, which vanish with the process. */
enum { CHANNEL_KINDS = 10 };
extern const struct kind *const channel_kinds[CHANNEL_KINDS];

/* ---- what the handlers share ---- */

/* By index, or by name when the index is INTERFACE_BY_NAME. ERROR_INVALID_PARAMETER when the
 * message names none (index 0, or an empty name), as Windows answers for a row without an
 * interface; otherwise what the network says. */
uint32_t interface_luid(struct network *network, const struct message_interface *interface,
                        uint64_t *luid);

/* ERROR_INVALID_PARAMETER when there is no such family, or when no prefix of the family is that
 * long. Only the low eight bits of a length count (docs/protocol.md, "Session channel"). */
uint32_t check_prefix(int16_t family, int32_t prefix_length);

/* Behind an IPv4 address all is zero, whatever was sent there. */
struct ip ip_of(int16_t family, const struct message_ip *address);

/* Canonical bytes of an IP address, its family in front; ip_load() reads what ip_store() wrote. */
enum { IP_SIZE = 2 + 16 };
void ip_store(unsigned char at[IP_SIZE], const struct ip *ip);
struct ip ip_load(const unsigned char at[IP_SIZE]);
/* Bytes of a file that ip_store() could have written. */
bool ip_is_valid(const unsigned char at[IP_SIZE]);

/* kind->identify for keys that begin with an interface's LUID: its GUID, byte by byte as
 * it is written. */
uint32_t identify_interface(void *context, struct bytes key, unsigned char at[KIND_IDENTITY_SIZE],
                            size_t *size);

/* kind->is_away(): the interface has no IP, but its adapter is still installed: it is unplugged,
 * switched off, or Windows has not got to it yet. */
bool interface_is_away(void *context, struct bytes key, struct bytes identity);

/* ERROR_INVALID_PARAMETER: the arguments did not fit. Otherwise as run() of programs.h. */
uint32_t run_netsh(struct network *network, const struct text *arguments, uint32_t milliseconds);

/* For kind->probe(), when the network answers with an error: what is not there, with its interface
 * or its family if those have gone, is absent, and that is no error. */
uint32_t absent_if_gone(uint32_t error, struct state *state);

/* What an interface does with a family: the key of its metric and of its MTU. */
struct interface_family {
    uint64_t luid;
    uint16_t family;
};
enum { INTERFACE_FAMILY_SIZE = 8 + 2 };
void interface_family_store(unsigned char at[INTERFACE_FAMILY_SIZE],
                            const struct interface_family *key);
struct interface_family interface_family_load(struct bytes key);
bool interface_family_is_valid(struct bytes key);
/* "<what> of IPv4 on interface 0006800400000000" */
void interface_family_describe(const char *what, struct bytes key, char *text, size_t size);

/* The session wants an interface metric of its own choice, or no longer does: as ledger_set() and
 * ledger_release(). */
uint32_t metric_set(struct channel *channel, uint64_t interface_luid, uint16_t family,
                    uint32_t metric);
uint32_t metric_release(struct channel *channel, uint64_t interface_luid, uint16_t family);

/* ---- DNS settings: each ..._set() enters or replaces a claim of the session, each ..._release()
 * ends it early and succeeds when there is none ---- */

/* Always by name, as DNS messages are meant. ERROR_MESSAGE_DATA: they give none. */
uint32_t interface_by_name(struct network *network, const struct message_interface *interface,
                           char16_t guid[GUID_UNITS]);

/* One text value of a key that an interface has to itself. */
uint32_t value_set(struct channel *channel, const char16_t *path, const char16_t *name,
                   const char16_t *value);
uint32_t value_release(struct channel *channel, const char16_t *path, const char16_t *name);

/* `list` is as name_servers.h of src/dns makes it. */
uint32_t name_servers_set(struct channel *channel, const char16_t *guid, uint16_t family,
                          const char16_t *list);
uint32_t name_servers_release(struct channel *channel, const char16_t *guid, uint16_t family);

/* A session has one share in one search list at a time: setting replaces it, and if that fails
 * there is none. ERROR_OUTOFMEMORY: the list would be too long. */
uint32_t search_domains_set(struct channel *channel, const char16_t *guid, const char16_t *domains);
uint32_t search_domains_release(struct channel *channel);
/* Before the session's claims are undone, and after that. */
void search_domains_leave(struct channel *channel);
void search_domains_forget(struct channel *channel);
/* All between enter() and leave(), for what the list at `path` was before anyone.
 *
 * Forgets that; while shares are in the list only if it is so again. It may be without us: group
 * policy, or the user, has written it anew. */
uint32_t search_initial_drop(struct registry *registry, const char16_t *path, bool is_in_use);
/* When no session lives: the list becomes so. */
uint32_t search_initial_restore(struct network *network, const char16_t *path);

/* Whether the share with this key (of its resource) is one in the list at `path`. */
bool search_domains_are_in(struct bytes key, const char16_t *path);

/* Rules of the NRPT, in group policy's place or the system's, and the system's key itself, which
 * goes with the last rule if we made it. */
uint32_t rule_set(struct channel *channel, bool is_policy, const struct nrpt_rule *rule);
uint32_t rule_release(struct channel *channel, bool is_policy, const char16_t *key);
uint32_t rules_key_add(struct channel *channel);
uint32_t rules_key_release(struct channel *channel);

enum { IP_TEXT_SIZE = 40 };
void ip_text(const struct ip *ip, char text[IP_TEXT_SIZE]);

#endif
