/* SPDX-License-Identifier: MIT */
/* control.h: serves the requests of the control pipe: message bytes in, reply out.
 *
 * What each verb takes, and who may use it, is one table (control.c); whose sessions it acts on is
 * decided here too, by the caller's token alone. What a verb does to the machine is asked of the
 * host, so that all this is tested without Windows. Facts: docs/protocol.md, "Control pipe". */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "firewall/start.h"
#include "firewall/kill_switch.h"
#include "update/attempt.h"
#include "update/refusal.h"
#include "wire/control_reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

/* Whom the service has found at the other end of the pipe. */
struct control_caller {
    const void *sid; /* compared byte by byte */
    size_t sid_size;
    bool is_administrator;
};

/* One session, as the host lists it. Belongs to the host. */
struct control_session {
    uint64_t serial; /* rises from session to session, from 1 on; no two have the same */
    uint32_t process_id;
    uint32_t client_id; /* the process of its client; 0: not known */
    uint64_t since;     /* seconds since the beginning of 1970, UTC */
    const void *owner;  /* the SID of its user */
    size_t owner_size;
    const char16_t *config; /* as openvpn.exe got it; empty: it was not named */
};

/* Longer paths of configs are cut off by the host: so each session has room in a reply. */
enum { CONTROL_CONFIG_UNITS = 4096, CONTROL_NAME_UNITS = 600 };

/* What there is to say of a session at the moment. */
struct control_facts {
    char16_t user[CONTROL_NAME_UNITS];    /* DOMAIN\name, or the SID as text */
    char16_t adapter[CONTROL_NAME_UNITS]; /* its name; empty: it has not used one yet */
    uint32_t addresses, routes, name_servers, rules, filters;
    bool is_ending; /* openvpn.exe has ended or is to end, and its changes are being undone */
};

/* Listed in order of their serials, oldest first. Who uses a list may exchange its items. */
struct control_sessions {
    const struct control_session **items;
    size_t count;
};

struct control_service {
    const char16_t *version, *instance;
    uint32_t process_id;
    uint64_t uptime;     /* seconds */
    size_t open_entries; /* of the journal */
    size_t left;         /* changes of ended sessions that could not be undone yet */
    /* What the last start did with the changes that it found. */
    size_t start_undone, start_gone, start_left_alone, start_failed;
};

/* Room for all gateways as text, with a space between them. */
enum { CONTROL_FIREWALL_UNITS = GATEWAYS_MAX * GATEWAY_UNITS, CONTROL_ABOVE_UNITS = 256 };

/* The kill switch, as everybody may see it. When it is off nothing else is set. */
struct control_firewall {
    enum kill_switch_state state;
    bool is_damaged; /* parts of it are missing; it is being repaired */
    bool allow_lan;
    bool is_callers;                    /* the caller may change and stop it */
    char16_t owner[CONTROL_NAME_UNITS]; /* who has started it; empty: it is not known */
    uint64_t since;                     /* seconds since the beginning of 1970, UTC */
    size_t tunnels;
    char16_t above[CONTROL_ABOVE_UNITS]; /* names of other programs' sublayers above ours */
    struct gateways gateways;
};

/* Whether the caller may start it, and what else speaks against it. */
struct control_firewall_rights {
    bool may_start;    /* as the setting `firewall_users` says */
    bool is_remote;    /* the caller's session of Windows is used from another machine */
    bool is_automatic; /* Windows starts this service at its own start */
};

enum { CONTROL_UPDATE_ROOTS = 32, CONTROL_WORD_UNITS = 64 };

/* An update that a caller has downloaded: paths of files that the caller can read, not checked yet.
 * `roots` are in the order of their versions. */
struct control_update_offer {
    bool when_idle; /* not before all sessions have ended but the caller's */
    const char16_t *manifest, *package;
    const char16_t *roots[CONTROL_UPDATE_ROOTS];
    size_t root_count;
};

/* What has become of the last update. */
struct control_update {
    enum attempt_state state;
    char16_t version[CONTROL_WORD_UNITS]; /* that it brings; empty: there was none */
    uint32_t code;          /* why it has failed or waits: that of Windows Installer, or Win32 */
    const char16_t *reason; /* the same as a sentence; empty: nothing to say */
    uint64_t since;         /* of this state: seconds since the beginning of 1970, UTC */
};

/* What is needed to look for the next one. */
struct control_update_source {
    const char16_t *channel, *url, *updates; /* the settings */
    uint64_t root;                           /* version of the newest trusted root; 0: none */
    uint64_t manifest; /* version of the newest manifest accepted in the channel; 0: none */
};

/* What the service does for the verbs. Every function returns within a time of its own, and none
 * keeps a session waiting. */
struct control_host {
    void (*describe)(struct control_host *host, struct control_service *service);

    /* All living sessions; release() frees the list. Returns 0 or ERROR_NOT_ENOUGH_MEMORY. */
    uint32_t (*list)(struct control_host *host, struct control_sessions *sessions);
    void (*release)(struct control_host *host, struct control_sessions *sessions);
    void (*look)(struct control_host *host, const struct control_session *session,
                 struct control_facts *facts);

    /* Ends the sessions and waits until all that they have changed is undone. Leaves those in the
     * list (first, and counted) for which that takes longer than the time limit, or for which it
     * did not wait because the service stops. Returns 0, or ERROR_SHUTDOWN_IN_PROGRESS then. */
    uint32_t (*end)(struct control_host *host, struct control_sessions *sessions);

    /* From now on the session ends with this connection. Returns 0, ERROR_ALREADY_EXISTS if the
     * connection has one already, or ERROR_NOT_FOUND if the session has just ended. */
    uint32_t (*attach)(struct control_host *host, const struct control_session *session);

    /* Tries to undo what sessions that have ended have left. */
    void (*clean_up)(struct control_host *host, size_t *undone, size_t *left);

    /* The kill switch. Each returns 0 or an error of kill_switch_engine.h; ERROR_ACCESS_DENIED: it
     * is somebody else's. */
    uint32_t (*look_at_firewall)(struct control_host *host, const struct control_caller *caller,
                                 struct control_firewall *firewall);
    void (*judge_firewall)(struct control_host *host, const struct control_caller *caller,
                           struct control_firewall_rights *rights);
    uint32_t (*start_firewall)(struct control_host *host, const struct control_caller *caller,
                               const struct firewall_start *start);
    uint32_t (*stop_firewall)(struct control_host *host, const struct control_caller *caller,
                              bool *was_up);

    /* Updates. judge_update() tells whether the settings let the caller install any: UPDATE_OFF,
     * UPDATE_CHECK_ONLY, UPDATE_USER or UPDATE_NOT_REFUSED. offer_update() takes the files over,
     * and begins to install them or to wait; it may take as long as it takes to copy them. Returns
     * 0 or the code of the refusal. */
    void (*look_at_update)(struct control_host *host, struct control_update *update);
    void (*look_for_updates)(struct control_host *host, struct control_update_source *source);
    enum update_reason (*judge_update)(struct control_host *host,
                                       const struct control_caller *caller);
    uint32_t (*offer_update)(struct control_host *host, const struct control_caller *caller,
                             const struct control_update_offer *offer,
                             struct update_refusal *refusal);
};

/* Serves one message of `size` bytes. The reply that is to be sent is written in any case. Returns
 * whether the connection may go on: false after what is no request. */
bool control_serve(struct control_host *host, const struct control_caller *caller,
                   const void *message, size_t size, struct control_reply *reply,
                   char16_t units[CONTROL_REPLY_MAX_UNITS]);

/* The reply to a client that is not served: `reason` is a sentence for a person. */
void control_refuse(struct control_reply *reply, char16_t *units, size_t capacity, uint32_t code,
                    const char16_t *reason);

#endif
