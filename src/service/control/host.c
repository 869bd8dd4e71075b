/* SPDX-License-Identifier: MIT */
#include "service/control/host.h"

#include "base/errors.h"
#include "base/text.h"
#include "product.h"
#include "resource/resources.h"
#include "service/control/connection.h"
#include "service/control/end.h"
#include "service/control/rights.h"

#include <time.h>

static struct control_connection *connection_of(struct control_host *host)
{
    return CONTAINING_RECORD(host, struct control_connection, host);
}

static const struct caller *asking_caller(const struct control_caller *caller)
{
    return CONTAINING_RECORD(caller, struct served_caller, known)->caller;
}

static void host_describe(struct control_host *host, struct control_service *description)
{
    struct service *service = connection_of(host)->accepted.service;
    const struct recovery *recovery = &service->recovery;
    *description = (struct control_service){
        .version = PRODUCT_VERSION,
        .instance = service->settings.instance,
        .process_id = GetCurrentProcessId(),
        .uptime = (GetTickCount64() - service->start) / 1000,
        .open_entries = recovery->journal ? journal_open_count(recovery->journal) : 0,
        .left = ledger_left(service->ledger),
        .start_undone = recovery->summary.changed,
        .start_gone = recovery->summary.unchanged,
        .start_left_alone = recovery->summary.left_alone,
        .start_failed = recovery->summary.failed,
    };
}

static uint32_t host_list(struct control_host *host, struct control_sessions *sessions)
{
    return session_list_copy(&connection_of(host)->accepted.service->sessions, sessions);
}

static void host_release(struct control_host *host, struct control_sessions *sessions)
{
    session_list_release(&connection_of(host)->accepted.service->sessions, sessions);
}

_Static_assert((int)ACCOUNT_UNITS <= (int)CONTROL_NAME_UNITS &&
                   (int)ALIAS_UNITS <= (int)CONTROL_NAME_UNITS,
               "a name does not fit");

/* An adapter that has gone has no name. */
static void name_adapter(struct network *network, uint64_t luid, char16_t name[ALIAS_UNITS])
{
    if (!luid || network->get_alias(network, luid, name))
        *name = 0;
}

/* Sessions of one user often follow each other, and own the kill switch. */
static void name_user(struct control_connection *connection, PSID sid,
                      char16_t name[CONTROL_NAME_UNITS])
{
    struct text text = text_on(name, CONTROL_NAME_UNITS);
    if (!*connection->name || !EqualSid(connection->named, sid)) {
        CopySid(sizeof(connection->named), connection->named, sid);
        account_describe(sid, connection->name);
    }
    text_append(&text, connection->name);
}

static void host_look(struct control_host *host, const struct control_session *session,
                      struct control_facts *facts)
{
    struct listed_session *listed = (struct listed_session *)session;
    const struct channel_tally *tally = &listed->tally;
    name_user(connection_of(host), listed->owner, facts->user);
    name_adapter(connection_of(host)->accepted.service->network, tally->adapter_luid,
                 facts->adapter);
    facts->addresses = tally->addresses;
    facts->routes = tally->routes;
    facts->name_servers = tally->name_servers;
    facts->rules = tally->rules;
    facts->filters = tally->filters;
    facts->is_ending = listed->is_ending;
}

static uint32_t host_end(struct control_host *host, struct control_sessions *sessions)
{
    struct session_list *list = &connection_of(host)->accepted.service->sessions;
    sessions_end(list, sessions);
    return sessions->count && session_list_is_stopping(list) ? ERROR_SHUTDOWN_IN_PROGRESS : 0;
}

static uint32_t host_attach(struct control_host *host, const struct control_session *session)
{
    struct control_connection *connection = connection_of(host);
    struct listed_session *listed = (struct listed_session *)session;
    if (connection->attached)
        return ERROR_ALREADY_EXISTS;
    if (listed->is_ending)
        return ERROR_NOT_FOUND;
    session_hold(&connection->accepted.service->sessions, listed);
    connection->attached = listed;
    return 0;
}

/* Its own log lines are limited as those of a session, because what it tells of was left by users.
 * What other services have left is not touched: -cleanup does that. */
static void host_clean_up(struct control_host *host, size_t *undone, size_t *left)
{
    struct service *service = connection_of(host)->accepted.service;
    const size_t before = ledger_left(service->ledger);
    *left = resources_retry(service->ledger, service->network);
    *undone = before > *left ? before - *left : 0;
}

/* ---- the kill switch ---- */

static struct keeper *keeper_of(struct control_host *host)
{
    return &connection_of(host)->accepted.service->guard.keeper;
}

static struct keeper_caller keeper_caller_of(const struct control_caller *caller,
                                             const char16_t *name)
{
    return (struct keeper_caller){caller->sid, caller->sid_size, caller->is_administrator, name};
}

static void name_owner(struct control_connection *connection, const struct policy_record *record,
                       char16_t name[CONTROL_NAME_UNITS])
{
    unsigned char sid[SECURITY_MAX_SID_SIZE] = {0};
    *name = 0;
    memcpy(sid, record->owner, record->owner_size);
    if (record->owner_size && IsValidSid(sid) && GetLengthSid(sid) == record->owner_size)
        name_user(connection, sid, name);
}
_Static_assert((int)CONTROL_ABOVE_UNITS == (int)KILL_SWITCH_ABOVE_UNITS, "they are copied");
_Static_assert((int)POLICY_OWNER_SIZE == (int)SECURITY_MAX_SID_SIZE, "a SID does not fit");

static uint32_t host_look_at_firewall(struct control_host *host,
                                      const struct control_caller *caller,
                                      struct control_firewall *firewall)
{
    const struct keeper_caller who = keeper_caller_of(caller, u"");
    struct keeper_view view;
    uint32_t error = keeper_look(keeper_of(host), &view);
    *firewall = (struct control_firewall){.state = view.state};
    if (error || view.state == KILL_SWITCH_OFF)
        return error;
    firewall->is_damaged = view.is_damaged;
    firewall->allow_lan = view.record.allow_lan;
    firewall->is_callers = keeper_belongs_to(&view.record, &who);
    firewall->since = view.record.since;
    firewall->tunnels = view.tunnel_count;
    memcpy(firewall->above, view.above, sizeof(firewall->above));
    firewall->gateways = view.record.gateways;
    name_owner(connection_of(host), &view.record, firewall->owner);
    return 0;
}

static void host_judge_firewall(struct control_host *host, const struct control_caller *caller,
                                struct control_firewall_rights *rights)
{
    const struct settings *settings = &connection_of(host)->accepted.service->settings;
    const struct caller *asking = asking_caller(caller);
    *rights = (struct control_firewall_rights){
        .may_start = caller_is_among(asking, settings->firewall_users),
        .is_remote = caller_is_remote(asking),
        .is_automatic = service_is_automatic(settings->instance),
    };
}

static uint32_t host_start_firewall(struct control_host *host, const struct control_caller *caller,
                                    const struct firewall_start *start)
{
    char16_t name[ACCOUNT_UNITS];
    const struct keeper_caller who = keeper_caller_of(caller, name);
    account_describe((PSID)(ULONG_PTR)caller->sid, name);
    return keeper_start(keeper_of(host), &who, start, (uint64_t)time(NULL));
}

static uint32_t host_stop_firewall(struct control_host *host, const struct control_caller *caller,
                                   bool *was_up)
{
    char16_t name[ACCOUNT_UNITS];
    const struct keeper_caller who = keeper_caller_of(caller, name);
    account_describe((PSID)(ULONG_PTR)caller->sid, name);
    return keeper_stop(keeper_of(host), &who, was_up);
}

/* ---- updates ---- */

static struct updates *updates_of(struct control_host *host)
{
    return &connection_of(host)->accepted.service->updates;
}

static void host_look_at_update(struct control_host *host, struct control_update *update)
{
    struct updates *updates = updates_of(host);
    struct update_attempt attempt;
    updates_look(updates, &attempt);
    *update = (struct control_update){.state = attempt.state,
                                      .code = attempt.code,
                                      .reason = attempt_reason(attempt.code),
                                      .since = attempt.since};
    struct text version = TEXT_ON(update->version);
    text_append_ascii(&version, attempt.version);
}

static const char16_t *const update_words[] = {
    [UPDATES_OFF] = u"off", [UPDATES_CHECK] = u"check", [UPDATES_INSTALL] = u"install"};

static void host_look_for_updates(struct control_host *host, struct control_update_source *source)
{
    const struct settings *settings = &connection_of(host)->accepted.service->settings;
    *source = (struct control_update_source){
        .channel = settings->update_channel,
        .url = settings->update_url,
        .updates = update_words[settings->updates],
    };
    updates_accepted(updates_of(host), &source->root, &source->manifest);
}

static enum update_reason host_judge_update(struct control_host *host,
                                            const struct control_caller *caller)
{
    const struct settings *settings = &connection_of(host)->accepted.service->settings;
    if (settings->updates == UPDATES_OFF)
        return UPDATE_OFF;
    if (settings->updates == UPDATES_CHECK)
        return UPDATE_CHECK_ONLY;
    return caller_is_among(asking_caller(caller), settings->update_users) ? UPDATE_NOT_REFUSED
                                                                          : UPDATE_USER;
}

static uint32_t host_offer_update(struct control_host *host, const struct control_caller *caller,
                                  const struct control_update_offer *asked,
                                  struct update_refusal *refusal)
{
    const struct update_offer offer = {.caller = asking_caller(caller),
                                       .is_administrator = caller->is_administrator,
                                       .when_idle = asked->when_idle,
                                       .manifest = asked->manifest,
                                       .package = asked->package,
                                       .roots = asked->roots,
                                       .root_count = asked->root_count};
    return updates_offer(updates_of(host), &offer, refusal);
}

const struct control_host service_control_host = {
    .describe = host_describe,
    .list = host_list,
    .release = host_release,
    .look = host_look,
    .end = host_end,
    .attach = host_attach,
    .clean_up = host_clean_up,
    .look_at_firewall = host_look_at_firewall,
    .judge_firewall = host_judge_firewall,
    .start_firewall = host_start_firewall,
    .stop_firewall = host_stop_firewall,
    .look_at_update = host_look_at_update,
    .look_for_updates = host_look_for_updates,
    .judge_update = host_judge_update,
    .offer_update = host_offer_update,
};
