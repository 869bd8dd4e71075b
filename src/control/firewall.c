/* SPDX-License-Identifier: MIT */
/* `firewall`: starts, stops and shows the kill switch; what `status` says of it. */
#include "base/array.h"
#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "control/verbs.h"
#include "firewall/start.h"

/* winerror.h */
#ifndef ERROR_CONNECTION_ACTIVE
#define ERROR_CONNECTION_ACTIVE 1230L
#endif
#ifndef ERROR_SERVICE_DISABLED
#define ERROR_SERVICE_DISABLED 1058L
#endif

/* ---- what there is to see ---- */

static const char16_t *const state_words[] = {
    [KILL_SWITCH_OFF] = u"off",
    [KILL_SWITCH_LOCKDOWN] = u"lockdown",
    [KILL_SWITCH_CONNECTING] = u"connecting",
    [KILL_SWITCH_CONNECTED] = u"connected",
};

static void write_gateways(struct control_reply *reply, const struct gateways *gateways)
{
    char16_t units[CONTROL_FIREWALL_UNITS];
    struct text text = TEXT_ON(units);
    *units = 0;
    for (size_t i = 0; i < gateways->count; i++) {
        text_append(&text, i ? u" " : u"");
        gateway_append(&text, &gateways->items[i]);
    }
    control_reply_text(reply, "firewall_gateways", units);
}

static void write_way_out(struct control_reply *reply, const struct control_firewall *firewall)
{
    char16_t units[CONTROL_NAME_UNITS + 128];
    struct text text = TEXT_ON(units);
    text_append(&text, u"gatehouse firewall stop, run by ");
    text_append(&text, *firewall->owner ? firewall->owner : u"an administrator");
    text_append(&text, *firewall->owner ? u" or an administrator; or" : u"; or");
    text_append(&text, u" gatehouse-service -cleanup, run as administrator");
    control_reply_text(reply, "firewall_way_out", units);
}

static void write_firewall(struct control_reply *reply, const struct control_firewall *firewall)
{
    control_reply_text(reply, "firewall", state_words[firewall->state]);
    if (firewall->state == KILL_SWITCH_OFF)
        return;
    control_reply_number(reply, "firewall_damaged", firewall->is_damaged);
    control_reply_text(reply, "firewall_owner", firewall->owner);
    control_reply_number(reply, "firewall_since", firewall->since);
    control_reply_number(reply, "firewall_lan", firewall->allow_lan);
    write_gateways(reply, &firewall->gateways);
    control_reply_number(reply, "firewall_tunnels", firewall->tunnels);
    control_reply_text(reply, "firewall_above", firewall->above);
    control_reply_number(reply, "firewall_yours", firewall->is_callers);
    write_way_out(reply, firewall);
}

void control_write_firewall(struct control_call *call)
{
    struct control_firewall firewall = {.state = KILL_SWITCH_OFF};
    uint32_t error = call->host->look_at_firewall(call->host, call->caller, &firewall);
    if (!error) {
        write_firewall(call->reply, &firewall);
        return;
    }
    control_reply_text(call->reply, "firewall", u"unknown");
    control_reply_number(call->reply, "firewall_error", error);
}

/* ---- failures ---- */

enum {
    ENGINE_DOES_NOT_RUN = 1753 /* EPT_S_NOT_REGISTERED */
};

static const struct {
    uint32_t code;
    const char16_t *reason;
} firewall_reasons[] = {
    {ERROR_NOT_OWNER, u"Somebody else has started the kill switch; only they and administrators "
                      u"may change or stop it"},
    {ENGINE_DOES_NOT_RUN, u"Windows' filtering platform (service BFE) does not run"},
    {0x80320012,
     u"Another program holds Windows' filtering platform: the event log names those that "
     u"use it"},
    {ERROR_FILE_NOT_FOUND, u"openvpn.exe is not where the setting exe_path says"},
    {ERROR_PATH_NOT_FOUND, u"openvpn.exe is not where the setting exe_path says"},
};

static void fail_firewall(struct control_call *call, uint32_t error)
{
    size_t i = 0;
    while (i < ARRAY_COUNT(firewall_reasons) && firewall_reasons[i].code != error)
        i++;
    if (error == ERROR_NOT_OWNER)
        log_error_of(LOG_CONTROL_REFUSED, ERROR_ACCESS_DENIED,
                     "The control request '%s %s' is refused: the kill switch is another user's",
                     UTF8(call->verb), UTF8(call->arguments[0]));
    control_fail(call, error == ERROR_NOT_OWNER ? (uint32_t)ERROR_ACCESS_DENIED : error,
                 i < ARRAY_COUNT(firewall_reasons)
                     ? firewall_reasons[i].reason
                     : u"The kill switch stays as it was: the event log says more");
}

static void answer_firewall(struct control_call *call)
{
    struct control_firewall firewall = {.state = KILL_SWITCH_OFF};
    uint32_t error = call->host->look_at_firewall(call->host, call->caller, &firewall);
    if (error) {
        fail_firewall(call, error);
        return;
    }
    control_succeed(call);
    write_firewall(call->reply, &firewall);
}

/* ---- start ---- */

static void fail_start(struct control_call *call, uint32_t error, const char16_t *reason)
{
    log_error_of(LOG_CONTROL_REFUSED, error, "The control request 'firewall start' is refused: %s",
                 UTF8(reason));
    control_fail(call, error, reason);
}

/* Returns false when the reply says why the caller may not start it now. */
static bool may_start(struct control_call *call, const struct firewall_start *start)
{
    struct control_firewall_rights rights = {0};
    call->host->judge_firewall(call->host, call->caller, &rights);
    if (!rights.may_start)
        fail_start(call, ERROR_ACCESS_DENIED,
                   u"You may not start the kill switch: the setting firewall_users says who may");
    else if (rights.is_remote && !start->remote_ok)
        fail_start(call, ERROR_CONNECTION_ACTIVE,
                   u"This is a remote session: it would be cut off, and not come back before the "
                   u"kill switch is stopped; with remote-ok it is started all the same");
    else if (!rights.is_automatic)
        fail_start(call, ERROR_SERVICE_DISABLED,
                   u"Windows does not start this service automatically, so the kill switch would "
                   u"end with the next restart");
    else
        return true;
    return false;
}

/* The word that is wrong stands behind the sentence. */
static void fail_words(struct control_call *call, uint32_t error, const char16_t *reason,
                       size_t wrong)
{
    char16_t units[512];
    struct text text = TEXT_ON(units);
    text_append(&text, reason);
    if (wrong < call->argument_count - 1) {
        text_append(&text, u": ");
        text_append(&text, call->arguments[wrong + 1]);
    }
    control_fail(call, error, units);
}

static void start_kill_switch(struct control_call *call)
{
    struct firewall_start start;
    const char16_t *reason;
    size_t wrong;
    uint32_t error =
        firewall_start_read(call->arguments + 1, call->argument_count - 1, &start, &reason, &wrong);
    if (error) {
        fail_words(call, error, reason, wrong);
        return;
    }
    if (!may_start(call, &start))
        return;
    error = call->host->start_firewall(call->host, call->caller, &start);
    if (error) {
        fail_firewall(call, error);
        return;
    }
    control_succeed(call); /* it is up, even if it can't be looked at now */
    control_write_firewall(call);
}

/* ---- stop, isup ---- */

static void stop_kill_switch(struct control_call *call)
{
    bool was_up = false;
    uint32_t error = call->host->stop_firewall(call->host, call->caller, &was_up);
    if (error) {
        fail_firewall(call, error);
        return;
    }
    control_succeed(call);
    control_reply_text(call->reply, "firewall", state_words[KILL_SWITCH_OFF]);
    control_reply_number(call->reply, "firewall_was_up", was_up);
}

static const struct {
    const char16_t *name;
    size_t most; /* arguments, its own name included */
    void (*run)(struct control_call *call);
} firewall_verbs[] = {
    {u"start", CONTROL_REQUEST_MAX_STRINGS, start_kill_switch},
    {u"stop", 1, stop_kill_switch},
    {u"isup", 1, answer_firewall},
};

void control_run_firewall(struct control_call *call)
{
    for (size_t i = 0; i < ARRAY_COUNT(firewall_verbs); i++) {
        if (!text_equal(call->arguments[0], firewall_verbs[i].name))
            continue;
        if (call->argument_count <= firewall_verbs[i].most)
            firewall_verbs[i].run(call);
        else
            control_fail(call, ERROR_INVALID_PARAMETER, u"This verb takes no argument");
        return;
    }
    control_fail(call, ERROR_INVALID_PARAMETER, u"firewall takes start, stop or isup");
}
