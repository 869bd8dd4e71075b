/* SPDX-License-Identifier: MIT */
/* channel.h: the requests of one openvpn.exe: message bytes in, acknowledgement bytes out.
 *
 * Does no input or output itself; the service moves the bytes. A session's channel belongs to one
 * thread, the ledger and the network under it are shared. */
#ifndef CHANNEL_CHANNEL_H
#define CHANNEL_CHANNEL_H

#include "dns/exclude.h"
#include "resource/search_domains.h"
#include "system/network.h"
#include "undo/ledger.h"
#include "wire/message.h"

#include <stdbool.h>

/* Packet filters that the session holds, and the tunnel that they leave open. */
struct channel_block {
    uint64_t id;
    uint64_t tunnel_luid;
};

/* openvpn.exe needs one; each costs Windows a session of its filtering engine. */
enum { CHANNEL_BLOCKS = 16 };

/* An openvpn.exe needs one, and nobody takes them away again. */
enum { CHANNEL_ADAPTERS = 8 };

/* What the last add_nrpt_cfg has set: to be taken back wherever that was. */
struct channel_nrpt {
    bool is_policy;
    size_t rule_count;
    char16_t rules[1 + EXCLUDE_RULES_MAX][NRPT_KEY_CAPACITY];
    char16_t guid[GUID_UNITS]; /* whose name servers; empty for none */
};

/* What the service knows of the session and of its administrator's wishes. */
struct channel_options {
    uint32_t process_id; /* of openvpn.exe */
    /* Of the adapters that may be changed, as policy/vpn_adapters.h has it. Must stay where it is.
     */
    const char16_t *vpn_adapters;
    bool ignore_dnssec;       /* of add_nrpt_cfg */
    struct ledger_user *user; /* whose session it is, or NULL */
};

/* Stays where it is while it is open: the ledger points into it. */
struct channel {
    struct ledger *ledger;
    struct network *network;
    struct message_layout layout;
    struct channel_options options;
    struct ledger_session session; /* no two have the same id, in earlier processes neither */
    struct channel_block blocks[CHANNEL_BLOCKS]; /* oldest first */
    size_t block_count;
    struct channel_nrpt nrpt;
    unsigned adapters; /* that it has asked for */
    struct search_share search_share;
    uint64_t vpn_luid;      /* an interface known to be a VPN adapter, or 0 */
    bool has_refused;       /* another one, and said so */
    unsigned unknown_types; /* logged so far, at most CHANNEL_UNKNOWN_TYPES */
};

/* How many requests of unknown type one session has logged; the rest is only answered. */
enum { CHANNEL_UNKNOWN_TYPES = 8 };

/* `layout` holds what is known of openvpn.exe before its first message. */
void channel_open(struct channel *channel, struct ledger *ledger, struct network *network,
                  const struct message_layout *layout, const struct channel_options *options);

/* Serves one message of `size` bytes. Returns true with the acknowledgement to send in
 * `acknowledgement` and `*acknowledgement_size`, or false when the session must end without one: a
 * message of zero length or of more than MESSAGE_MAX_SIZE (`size` may then be more than is there).
 */
bool channel_serve(struct channel *channel, const void *bytes, size_t size,
                   unsigned char acknowledgement[ACKNOWLEDGEMENT_MAX_SIZE],
                   size_t *acknowledgement_size);

/* Undoes all that the session did, newest first. Returns how many changes, of earlier sessions too,
 * are still to be undone or to be put on the disk: resources_retry() tries them again. */
size_t channel_close(struct channel *channel);

#endif
