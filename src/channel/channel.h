/* SPDX-License-Identifier: MIT */
/* channel.h: the requests of one openvpn.exe: message bytes in, acknowledgement bytes out.
 *
 * It does no I/O itself: the service reads and writes the pipe. A channel belongs to the thread of
 * its session; the ledger and the network below it are shared by all sessions. */
#ifndef CHANNEL_CHANNEL_H
#define CHANNEL_CHANNEL_H

#include "base/log_limit.h"
#include "channel/owners.h"
#include "channel/tally.h"
#include "dns/exclude.h"
#include "kill_switch/keeper.h"
#include "resource/search_domains.h"
#include "system/network.h"
#include "undo/ledger.h"
#include "wire/message.h"

#include <stdbool.h>

/* Packet filters of the session, and the tunnel that they leave open. */
struct channel_block {
    uint64_t id;
    uint64_t tunnel_luid;
};

/* Most blocks of a session. openvpn.exe needs one; each is a session of Windows' filtering engine.
 */
enum { CHANNEL_BLOCKS = 16 };

/* Most adapters that a session may create. openvpn.exe needs one, and they are not deleted again.
 */
enum { CHANNEL_ADAPTERS = 8 };

/* So many attempts all sessions of a user have, as long as the service runs. */
enum { CHANNEL_USER_ADAPTERS = 32 };

/* What the last add_nrpt_cfg has set. The next one, and del_nrpt_cfg, release it, whichever
 * interface they name. */
struct channel_nrpt {
    bool is_policy;
    size_t rule_count;
    char16_t rules[1 + EXCLUDE_RULES_MAX][NRPT_KEY_CAPACITY];
    char16_t guid[GUID_UNITS]; /* of the interface whose name servers were set; empty: none */
};

/* What there is to say of the request in hand (outcome.h). */
struct channel_outcome {
    uint32_t error;   /* of what was left out last; 0: nothing is lost with it */
    char reason[192]; /* what was left out, and why; empty: nothing */
    bool is_logged;   /* another event says all of it, or did so before */
};

/* What the service knows of the session, and the settings that apply to it. */
struct channel_options {
    uint32_t process_id; /* of openvpn.exe */
    /* Which adapters may be changed: a list of policy/vpn_adapters.h. Must outlive the channel. */
    const char16_t *vpn_adapters;
    bool ignore_dnssec;       /* of add_nrpt_cfg */
    struct ledger_user *user; /* limits the changes of all sessions of one user; NULL: no limit */
    atomic_uint *adapters;    /* how often the user has asked for one; NULL: no limit */
    struct adapter_owners *owners; /* of all sessions of this process; NULL: nobody owns anything */
    struct keeper
        *keeper; /* of the kill switch, which is told of the tunnel; NULL: there is none */
    struct channel_tally *tally; /* kept up to date until the channel is closed; NULL: none */
};

/* Must not be moved while it is open: the ledger points into it. */
struct channel {
    struct ledger *ledger;
    struct network *network;
    struct message_layout layout;
    struct channel_options options;
    struct ledger_session session; /* its id is unique, also among earlier processes */
    struct channel_block blocks[CHANNEL_BLOCKS]; /* oldest first */
    size_t block_count;
    struct channel_nrpt nrpt;
    unsigned adapter_count; /* that create_adapter requests have made */
    struct session_domains domains;
    uint64_t vpn_luid;      /* an interface that was found to be a VPN adapter, or 0 */
    uint64_t asked_luid;    /* that one, if the request in hand is about it, or 0 */
    uint64_t tunnel_luid;   /* through which the kill switch lets traffic, or 0 */
    uint64_t opened_luid;   /* one that became such a tunnel with the request in hand, or 0 */
    uint64_t taken_luid;    /* one that became the user's with the request in hand, or 0 */
    bool has_refused;       /* a refusal of another interface has been logged */
    unsigned unknown_types; /* logged so far, at most CHANNEL_UNKNOWN_TYPES */
    struct channel_outcome outcome;
    struct log_limit refusals, malformed; /* events about these */
};

/* Most requests of unknown type that are logged for a session; all are answered. */
enum { CHANNEL_UNKNOWN_TYPES = 8 };

/* Most events of a session about requests that are refused or served in part, and about messages
 * that are malformed as a whole. The session's limit (service/log_origin.h) leaves room for what
 * cannot be undone at its end. */
enum { CHANNEL_REFUSALS = 64, CHANNEL_MALFORMED = 8 };

/* `layout` is what is known of openvpn.exe before its first message. The ledger's context is the
 * network. */
void channel_open(struct channel *channel, struct ledger *ledger, struct network *network,
                  const struct message_layout *layout, const struct channel_options *options);

/* Serves one message of `size` bytes. Returns true with the acknowledgement to send in
 * `acknowledgement` and `*acknowledgement_size`, or false when the session must end without one: a
 * message of zero length or of more than MESSAGE_MAX_SIZE (`size` may then be more than is there).
 */
bool channel_serve(struct channel *channel, const void *bytes, size_t size,
                   unsigned char acknowledgement[ACKNOWLEDGEMENT_MAX_SIZE],
                   size_t *acknowledgement_size);

/* From now on the kill switch, if it is up, lets nothing through the session's tunnel.
 * channel_close() does that, too. */
void channel_close_tunnel(struct channel *channel);

/* Undoes all changes of the session, newest first. Returns how many changes, of earlier sessions
 * too, are still to be undone or flushed to disk: resources_retry() tries again. */
size_t channel_close(struct channel *channel);

#endif
