/* SPDX-License-Identifier: MIT */
/* keeper.h: keeps the kill switch of this machine as it was asked for.
 *
 * What was asked for is kept by the filtering platform with the filters themselves: the keeper
 * reads it there whenever it acts, so nothing that it remembers can bring back what somebody has
 * removed, and no crash can lose what somebody has started. A policy that cannot be read blocks as
 * a lockdown does, and belongs to nobody. Every change is one transaction of the platform, which
 * replaces everything; if it fails, what was there stays.
 *
 * Tunnels are not kept: sessions tell of them, whether or not the kill switch is up. Thread-safe.
 */
#ifndef KILL_SWITCH_KEEPER_H
#define KILL_SWITCH_KEEPER_H

#include "base/lock.h"
#include "firewall/start.h"
#include "system/kill_switch_engine.h"
#include "system/network.h"

struct keeper_tunnel;

/* What the keeper knows between two calls. It asks the platform unless it is down: only the keeper
 * itself starts it. */
enum keeper_knowledge { KEEPER_UNKNOWN, KEEPER_DOWN, KEEPER_UP };

struct keeper_options {
    struct kill_switch_engine *engine;
    struct network *network; /* tells which tunnels still have an adapter */
    size_t program_count;    /* of the setting `firewall_programs` */

    /* Wants keeper_check() to be called: at once if something has failed, and otherwise every while
     * as long as it is up. It must not call the keeper itself. NULL: nothing is told. */
    void (*wake)(void *context, bool at_once);
    void *context;
};

/* What there is to see, for everybody. */
struct keeper_view {
    enum kill_switch_state state;
    bool is_damaged; /* it is up, but parts of it are missing or not in force */
    struct policy_record record;
    size_t tunnel_count;                     /* that may be used */
    char16_t above[KILL_SWITCH_ABOVE_UNITS]; /* as in struct kill_switch_comparison */
};

struct keeper {
    struct keeper_options options;
    struct lock lock; /* held during calls to the platform: one change after the other */
    enum keeper_knowledge knowledge;
    bool is_failing; /* the last attempt to read it, or to put it in force, has failed */
    struct keeper_tunnel *tunnels;
    struct kill_switch_plan plan;   /* scratch memory, as the next one */
    struct kill_switch_record kept; /* the policy as it was read last */

    struct lock looking; /* held by the one who looks, and taken before `lock` */
    _Atomic unsigned looks;
    struct keeper_view seen; /* by the last look */
    uint32_t seen_error;
};

/* Who asks. `name` is for the event log. */
struct keeper_caller {
    const void *sid;
    size_t sid_size;
    bool is_administrator;
    const char16_t *name;
};

/* Zero-initialise the keeper. keeper_close() frees what it remembers; the kill switch stays as it
 * is. */
void keeper_open(struct keeper *keeper, const struct keeper_options *options);
void keeper_close(struct keeper *keeper);

/* At the start of the service, before there are sessions: if the kill switch is up, it is put in
 * force anew without any tunnel. Failures are logged, and keeper_check() tries again. */
void keeper_begin(struct keeper *keeper);

/* Starts it, or changes what it lets out; `now` in seconds since the beginning of 1970. Who has
 * started it stays its owner, since when too. ERROR_NOT_OWNER: it belongs to somebody else, and the
 * caller is no administrator. */
uint32_t keeper_start(struct keeper *keeper, const struct keeper_caller *caller,
                      const struct firewall_start *start, uint64_t now);
/* Opens everything. `was_up` may be false: then there was nothing to do. */
uint32_t keeper_stop(struct keeper *keeper, const struct keeper_caller *caller, bool *was_up);

/* Whether the caller may change and stop it, as far as that depends on its owner. */
bool keeper_belongs_to(const struct policy_record *record, const struct keeper_caller *caller);

uint32_t keeper_look(struct keeper *keeper, struct keeper_view *view);

/* A session is about to make its first change of a VPN adapter: its tunnel may be used when this
 * returns 0. On an error the session must not have it. */
uint32_t keeper_add_tunnel(struct keeper *keeper, uint64_t luid);
/* The session ends, or has another tunnel: once for each keeper_add_tunnel(). If the platform
 * refuses, keeper_check() tries again. */
void keeper_remove_tunnel(struct keeper *keeper, uint64_t luid);

/* Compares what is there with what should be, and repairs it. If it is not up any more, it was
 * removed by somebody else and stays so. Does nothing when it is down. Returns whether it must be
 * called again: soon after an error, otherwise every while. */
bool keeper_check(struct keeper *keeper, uint32_t *error);

#endif
