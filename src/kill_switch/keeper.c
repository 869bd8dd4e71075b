/* SPDX-License-Identifier: MIT */
#include "kill_switch/keeper.h"

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* An adapter that living sessions have changed. */
struct keeper_tunnel {
    uint64_t luid;
    char16_t guid[GUID_UNITS]; /* empty: Windows did not tell */
    unsigned sessions;
    struct keeper_tunnel *next;
};

static const char *const keeper_state_names[] = {
    [KILL_SWITCH_OFF] = "off",
    [KILL_SWITCH_LOCKDOWN] = "lockdown",
    [KILL_SWITCH_CONNECTING] = "connecting",
    [KILL_SWITCH_CONNECTED] = "connected",
};

/* ---- from the record to filters ---- */

/* An adapter that has gone may leave its LUID to another one, which is no tunnel of anybody. */
static bool keeper_has_adapter(const struct keeper *keeper, const struct keeper_tunnel *tunnel)
{
    struct network *network = keeper->options.network;
    char16_t guid[GUID_UNITS];
    uint32_t error = network->get_guid(network, tunnel->luid, guid);
    if (error)
        return error != ERROR_FILE_NOT_FOUND;
    return !*tunnel->guid || text_equal(guid, tunnel->guid);
}

static uint32_t keeper_add_tunnels(const struct keeper *keeper, struct kill_switch_policy *policy)
{
    uint32_t error = 0;
    for (const struct keeper_tunnel *tunnel = keeper->tunnels; tunnel && !error;
         tunnel = tunnel->next)
        if (keeper_has_adapter(keeper, tunnel))
            error = kill_switch_add_tunnel(policy, tunnel->luid);
    return error;
}

/* ERROR_NOT_ENOUGH_QUOTA: there are more tunnels than may be used; the policy is good without the
 * others. */
static uint32_t keeper_policy(const struct keeper *keeper, const struct policy_record *record,
                              enum kill_switch_wish wish, struct kill_switch_policy *policy)
{
    struct kill_switch_engine *engine = keeper->options.engine;
    *policy = (struct kill_switch_policy){
        .is_up = true,
        .allow_lan = record->allow_lan,
        .program_count = keeper->options.program_count,
    };
    /* Where openvpn.exe was uninstalled, all else is still kept. */
    if (wish == KILL_SWITCH_START || engine->has_openvpn(engine))
        policy->gateways = record->gateways;
    return keeper_add_tunnels(keeper, policy);
}

/* ---- the platform ---- */

/* Notes how it went, so that one failure is one event, however often it is tried. */
static uint32_t keeper_note(struct keeper *keeper, uint32_t error, const char *what)
{
    if (error && !keeper->is_failing)
        log_error_of(LOG_KILL_SWITCH_FAILED, error,
                     "The kill switch can't be %s. It is tried again", what);
    keeper->is_failing = error;
    if (error && keeper->options.wake)
        keeper->options.wake(keeper->options.context, true);
    return error;
}

/* Asks for keeper_check() from now on. */
static void keeper_know(struct keeper *keeper, enum keeper_knowledge knowledge)
{
    const bool is_news = knowledge == KEEPER_UP && keeper->knowledge != KEEPER_UP;
    keeper->knowledge = knowledge;
    if (is_news && keeper->options.wake)
        keeper->options.wake(keeper->options.context, false);
}

/* Nothing was blocked since Windows' start, and a service that is installed again must not block
 * all of a sudden. */
static uint32_t keeper_drop_disabled(struct keeper *keeper)
{
    struct kill_switch_engine *engine = keeper->options.engine;
    uint32_t error = engine->remove(engine);
    if (error)
        return error;
    log_information_of(LOG_KILL_SWITCH_REMOVED,
                       "The kill switch is down: Windows has started without a service that keeps "
                       "it, and has put it out of force. What was left of it is removed");
    keeper->knowledge = KEEPER_DOWN;
    return 0;
}

/* Reads what the platform has; `*is_up` false: nothing. */
static uint32_t keeper_read(struct keeper *keeper, bool *is_up, struct policy_record *record)
{
    struct kill_switch_engine *engine = keeper->options.engine;
    struct kill_switch_found found;
    uint32_t error = engine->read(engine, &found);
    *is_up = !error && found.is_up && !found.is_disabled;
    *record = (struct policy_record){0};
    if (*is_up) {
        keeper->kept = found.record;
        policy_record_decode(found.record.bytes, found.record.size, record);
    } else if (!error && found.is_up) {
        error = keeper_drop_disabled(keeper);
    }
    return error;
}

/* What is kept has the bytes that were read: a later version can read them, if this one can't. */
static uint32_t keeper_apply(struct keeper *keeper, const struct policy_record *record,
                             enum kill_switch_wish wish)
{
    struct kill_switch_engine *engine = keeper->options.engine;
    struct kill_switch_policy policy;
    keeper_policy(keeper, record, wish, &policy);
    kill_switch_plan_make(&policy, &keeper->plan);
    if (wish == KILL_SWITCH_START)
        keeper->kept.size = policy_record_encode(record, keeper->kept.bytes);
    return engine->replace(engine, &keeper->plan, &keeper->kept, wish);
}

static uint32_t keeper_compare(struct keeper *keeper, const struct policy_record *record,
                               struct keeper_view *view)
{
    struct kill_switch_engine *engine = keeper->options.engine;
    struct kill_switch_policy policy;
    struct kill_switch_comparison comparison;
    keeper_policy(keeper, record, KILL_SWITCH_KEEP, &policy);
    kill_switch_plan_make(&policy, &keeper->plan);
    uint32_t error = engine->compare(engine, &keeper->plan, &comparison);
    *view = (struct keeper_view){
        .state = kill_switch_state_of(&policy),
        .is_damaged = !comparison.is_whole,
        .record = *record,
    };
    memcpy(view->above, comparison.above, sizeof(view->above));
    if (view->state == KILL_SWITCH_CONNECTED)
        view->tunnel_count = policy.tunnel_count;
    return error;
}

/* Somebody has removed it: `-cleanup`, or another program. Whoever wants it starts it again. */
static void keeper_accept_removal(struct keeper *keeper)
{
    if (keeper->knowledge == KEEPER_UP)
        log_information_of(LOG_KILL_SWITCH_REMOVED,
                           "The kill switch is down: this program with -cleanup, or another one, "
                           "has removed it");
    keeper->is_failing = false;
    keeper_know(keeper, KEEPER_DOWN);
}

/* Puts what was read in force again, unless it was removed meanwhile. */
static uint32_t keeper_keep(struct keeper *keeper, const struct policy_record *record)
{
    uint32_t error = keeper_apply(keeper, record, KILL_SWITCH_KEEP);
    if (error != ERROR_NOT_FOUND)
        return error;
    keeper_accept_removal(keeper);
    return 0;
}

/* ---- opening ---- */

void keeper_open(struct keeper *keeper, const struct keeper_options *options)
{
    keeper->options = *options;
    keeper->knowledge = KEEPER_UNKNOWN;
}

void keeper_close(struct keeper *keeper)
{
    for (struct keeper_tunnel *tunnel = keeper->tunnels, *next; tunnel; tunnel = next) {
        next = tunnel->next;
        free(tunnel);
    }
    keeper->tunnels = NULL;
}

/* With the lock held. The service has started, or sees the platform for the first time. */
static uint32_t keeper_resume(struct keeper *keeper)
{
    struct policy_record record;
    bool is_up;
    uint32_t error = keeper_read(keeper, &is_up, &record);
    if (error)
        return keeper_note(keeper, error, "read");
    if (!is_up) {
        keeper_accept_removal(keeper);
        return 0;
    }
    keeper_know(keeper, KEEPER_UP);
    error = keeper_note(keeper, keeper_keep(keeper, &record),
                        "put in force anew. What was there goes on blocking");
    if (!error && keeper->knowledge == KEEPER_UP)
        log_information_of(LOG_KILL_SWITCH_KEPT, "The kill switch stays up (%s), with %u gateways",
                           record.gateways.count ? "connecting" : "lockdown",
                           (unsigned)record.gateways.count);
    return error;
}

void keeper_begin(struct keeper *keeper)
{
    lock_acquire(&keeper->lock);
    keeper_resume(keeper);
    lock_release(&keeper->lock);
}

/* ---- what users ask for ---- */

bool keeper_belongs_to(const struct policy_record *record, const struct keeper_caller *caller)
{
    return caller->is_administrator ||
           (record->owner_size && record->owner_size == caller->sid_size &&
            memcmp(record->owner, caller->sid, caller->sid_size) == 0);
}

static void keeper_set_owner(struct policy_record *record, const struct keeper_caller *caller,
                             uint64_t now)
{
    record->since = now;
    record->owner_size = caller->sid_size <= POLICY_OWNER_SIZE ? caller->sid_size : 0;
    memcpy(record->owner, caller->sid, record->owner_size);
}

static void keeper_log_start(const struct keeper_caller *caller, const struct policy_record *record,
                             bool was_up, const struct keeper_view *view)
{
    log_information_of(was_up ? LOG_KILL_SWITCH_CHANGED : LOG_KILL_SWITCH_UP,
                       "The kill switch is %s by %s (%s): %u gateways, the local network is %s. "
                       "It stays up until it is stopped",
                       was_up ? "changed" : "started", UTF8(caller->name),
                       keeper_state_names[view->state], (unsigned)record->gateways.count,
                       record->allow_lan ? "open" : "closed");
}

/* Whose it is not is told by who has asked. */
static uint32_t keeper_log_failure(uint32_t error, const char *what)
{
    if (error && error != ERROR_NOT_OWNER)
        log_error_of(LOG_KILL_SWITCH_FAILED, error,
                     "The kill switch can't be %s, and stays as it was", what);
    return error;
}

/* The platform may have been lost when it had kept what was asked for, and come back with it. */
static void keeper_doubt(struct keeper *keeper)
{
    keeper_know(keeper, KEEPER_UNKNOWN);
    if (keeper->options.wake)
        keeper->options.wake(keeper->options.context, true);
}

/* With the lock held. */
static uint32_t keeper_start_locked(struct keeper *keeper, const struct keeper_caller *caller,
                                    const struct firewall_start *start, uint64_t now)
{
    struct policy_record record;
    struct keeper_view view = {0};
    bool was_up;
    uint32_t error = keeper_read(keeper, &was_up, &record);
    if (!error && was_up && !keeper_belongs_to(&record, caller))
        error = ERROR_NOT_OWNER;
    if (error)
        return error;
    if (!record.owner_size)
        keeper_set_owner(&record, caller, now);
    record.allow_lan = start->allow_lan;
    record.gateways = start->gateways;
    error = keeper_apply(keeper, &record, KILL_SWITCH_START);
    if (error && !was_up)
        keeper_doubt(keeper);
    if (error)
        return error;
    keeper->is_failing = false;
    keeper_know(keeper, KEEPER_UP);
    struct kill_switch_policy policy;
    const uint32_t too_many = keeper_policy(keeper, &record, KILL_SWITCH_START, &policy);
    view.state = kill_switch_state_of(&policy);
    keeper_log_start(caller, &record, was_up, &view);
    if (too_many && record.gateways.count)
        log_error_of(LOG_KILL_SWITCH_FAILED, too_many,
                     "The kill switch lets traffic through %u tunnels at most. Those of further "
                     "sessions stay closed",
                     (unsigned)KILL_SWITCH_TUNNELS);
    return 0;
}

uint32_t keeper_start(struct keeper *keeper, const struct keeper_caller *caller,
                      const struct firewall_start *start, uint64_t now)
{
    lock_acquire(&keeper->lock);
    uint32_t error = keeper_start_locked(keeper, caller, start, now);
    lock_release(&keeper->lock);
    return keeper_log_failure(error, "started or changed");
}

/* With the lock held. */
static uint32_t keeper_stop_locked(struct keeper *keeper, const struct keeper_caller *caller,
                                   bool *was_up)
{
    struct kill_switch_engine *engine = keeper->options.engine;
    struct policy_record record;
    uint32_t error = keeper_read(keeper, was_up, &record);
    if (!error && *was_up && !keeper_belongs_to(&record, caller))
        error = ERROR_NOT_OWNER;
    /* Also when it is down: filters without their provider would be nobody's otherwise. */
    if (!error && (*was_up || caller->is_administrator))
        error = engine->remove(engine);
    if (error)
        return error;
    if (*was_up)
        log_information_of(LOG_KILL_SWITCH_DOWN, "The kill switch is stopped by %s",
                           UTF8(caller->name));
    keeper->is_failing = false;
    keeper_know(keeper, KEEPER_DOWN);
    return 0;
}

uint32_t keeper_stop(struct keeper *keeper, const struct keeper_caller *caller, bool *was_up)
{
    lock_acquire(&keeper->lock);
    uint32_t error = keeper_stop_locked(keeper, caller, was_up);
    lock_release(&keeper->lock);
    return keeper_log_failure(error, "stopped");
}

static uint32_t keeper_look_now(struct keeper *keeper, struct keeper_view *view)
{
    struct policy_record record;
    bool is_up;
    uint32_t error = 0;
    *view = (struct keeper_view){0};
    lock_acquire(&keeper->lock);
    is_up = keeper->knowledge != KEEPER_DOWN;
    if (is_up)
        error = keeper_read(keeper, &is_up, &record);
    if (!error && is_up)
        error = keeper_compare(keeper, &record, view);
    lock_release(&keeper->lock);
    return error;
}

/* However many look, two looks at most are in the way of changes: who has come before one began
 * shares what it has seen. */
uint32_t keeper_look(struct keeper *keeper, struct keeper_view *view)
{
    const unsigned before = keeper->looks;
    lock_acquire(&keeper->looking);
    if (keeper->looks == before) {
        keeper->looks++;
        keeper->seen_error = keeper_look_now(keeper, &keeper->seen);
    }
    *view = keeper->seen;
    uint32_t error = keeper->seen_error;
    lock_release(&keeper->looking);
    return error;
}

/* ---- tunnels ---- */

/* Returns the pointer that points to the tunnel, or the one that ends the list. */
static struct keeper_tunnel **keeper_find_tunnel(struct keeper *keeper, uint64_t luid)
{
    struct keeper_tunnel **at = &keeper->tunnels;
    while (*at && (*at)->luid != luid)
        at = &(*at)->next;
    return at;
}

/* With the lock held: puts in force that there is a tunnel more, or less. */
static uint32_t keeper_follow_tunnels(struct keeper *keeper, struct kill_switch_policy *policy,
                                      bool is_more)
{
    struct policy_record record;
    bool is_up;
    uint32_t error = keeper_read(keeper, &is_up, &record);
    if (error)
        return error;
    if (!is_up) {
        keeper_accept_removal(keeper);
        return 0;
    }
    keeper_know(keeper, KEEPER_UP);
    if (!record.gateways.count)
        return 0; /* a lockdown has no tunnels */
    error = keeper_policy(keeper, &record, KILL_SWITCH_KEEP, policy);
    if (error && is_more)
        return error;
    return keeper_keep(keeper, &record);
}

static void keeper_log_tunnel(const struct kill_switch_policy *policy, bool is_more)
{
    if (kill_switch_state_of(policy) < KILL_SWITCH_CONNECTING)
        return;
    log_information_of(is_more ? LOG_KILL_SWITCH_OPENED : LOG_KILL_SWITCH_CLOSED,
                       is_more ? "The kill switch lets traffic through a tunnel: %u are open"
                               : "The kill switch has closed a tunnel that has ended: %u are open",
                       (unsigned)policy->tunnel_count);
}

/* Returns the tunnel with one session more, or NULL: there is no memory. */
static struct keeper_tunnel *keeper_enter_tunnel(struct keeper *keeper, uint64_t luid)
{
    struct keeper_tunnel **at = keeper_find_tunnel(keeper, luid), *tunnel = *at;
    if (!tunnel) {
        tunnel = calloc(1, sizeof(*tunnel));
        if (!tunnel)
            return NULL;
        tunnel->luid = luid;
        *at = tunnel;
    }
    tunnel->sessions++;
    return tunnel;
}

/* Returns whether there was no other session. */
static bool keeper_leave_tunnel(struct keeper *keeper, uint64_t luid)
{
    struct keeper_tunnel **at = keeper_find_tunnel(keeper, luid), *tunnel = *at;
    if (!tunnel || --tunnel->sessions)
        return false;
    *at = tunnel->next;
    free(tunnel);
    return true;
}

/* With the lock held. While it is not known whether it is up, the tunnel is only remembered: the
 * platform does not answer, and what it has keeps blocking until keeper_check() reaches it. */
static uint32_t keeper_open_tunnel(struct keeper *keeper, struct keeper_tunnel *tunnel)
{
    struct network *network = keeper->options.network;
    struct kill_switch_policy policy = {0};
    const bool is_unknown = keeper->knowledge == KEEPER_UNKNOWN;
    if (network->get_guid(network, tunnel->luid, tunnel->guid))
        *tunnel->guid = 0;
    if (keeper->knowledge == KEEPER_DOWN)
        return 0;
    uint32_t error = keeper_follow_tunnels(keeper, &policy, true);
    if (!error)
        keeper_log_tunnel(&policy, true);
    else if (is_unknown)
        keeper_note(keeper, error, "told of a tunnel");
    return is_unknown ? 0 : error;
}

/* With the lock held. A session may still have the adapter that had this LUID before. */
static uint32_t keeper_add_tunnel_locked(struct keeper *keeper, uint64_t luid)
{
    struct keeper_tunnel *tunnel = keeper_enter_tunnel(keeper, luid);
    if (!tunnel)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (tunnel->sessions > 1 && keeper_has_adapter(keeper, tunnel))
        return 0;
    const struct keeper_tunnel before = *tunnel;
    uint32_t error = keeper_open_tunnel(keeper, tunnel);
    if (!error)
        return 0;
    memcpy(tunnel->guid, before.guid, sizeof(tunnel->guid));
    keeper_leave_tunnel(keeper, luid);
    return error;
}

uint32_t keeper_add_tunnel(struct keeper *keeper, uint64_t luid)
{
    lock_acquire(&keeper->lock);
    uint32_t error = keeper_add_tunnel_locked(keeper, luid);
    lock_release(&keeper->lock);
    return error;
}

/* With the lock held. */
static void keeper_remove_tunnel_locked(struct keeper *keeper, uint64_t luid)
{
    struct kill_switch_policy policy = {0};
    if (!keeper_leave_tunnel(keeper, luid) || keeper->knowledge == KEEPER_DOWN)
        return;
    /* Where another program holds the platform, the end of each session would wait for it. */
    if (keeper->is_failing)
        return;
    uint32_t error = keeper_note(keeper, keeper_follow_tunnels(keeper, &policy, false),
                                 "told that a tunnel has ended");
    if (!error)
        keeper_log_tunnel(&policy, false);
}

void keeper_remove_tunnel(struct keeper *keeper, uint64_t luid)
{
    lock_acquire(&keeper->lock);
    keeper_remove_tunnel_locked(keeper, luid);
    lock_release(&keeper->lock);
}

/* ---- from time to time ---- */

/* With the lock held. */
static uint32_t keeper_repair(struct keeper *keeper)
{
    struct policy_record record;
    struct keeper_view view = {0};
    bool is_up;
    uint32_t error = keeper_read(keeper, &is_up, &record);
    if (!error && !is_up) {
        keeper_accept_removal(keeper);
        return 0;
    }
    if (!error)
        error = keeper_compare(keeper, &record, &view);
    /* After a failure it may have another tunnel in place of one: that is not seen by comparing. */
    if (error || (!view.is_damaged && !keeper->is_failing))
        return keeper_note(keeper, error, "read");
    error = keeper_note(keeper, keeper_keep(keeper, &record), "repaired. Parts of it are missing");
    if (!error && view.is_damaged && keeper->knowledge == KEEPER_UP)
        log_information_of(LOG_KILL_SWITCH_REPAIRED,
                           "Parts of the kill switch were missing, or not as they should be: it is "
                           "whole again (%s)",
                           keeper_state_names[view.state]);
    return error;
}

bool keeper_check(struct keeper *keeper, uint32_t *error)
{
    *error = 0;
    lock_acquire(&keeper->lock);
    if (keeper->knowledge == KEEPER_UNKNOWN)
        *error = keeper_resume(keeper);
    else if (keeper->knowledge == KEEPER_UP)
        *error = keeper_repair(keeper);
    const bool goes_on = keeper->knowledge != KEEPER_DOWN;
    lock_release(&keeper->lock);
    return goes_on;
}
