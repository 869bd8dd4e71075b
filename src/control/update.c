/* SPDX-License-Identifier: MIT */
/* `update`: takes over an update that a caller has downloaded, and tells what became of the last
 * one. */
#include "base/array.h"
#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "control/verbs.h"

/* ---- what there is to see ---- */

static const char16_t *const attempt_words[] = {
    [ATTEMPT_NONE] = u"none",
    [ATTEMPT_WAITING] = u"waiting",
    [ATTEMPT_INSTALLING] = u"installing",
    [ATTEMPT_INSTALLED] = u"installed",
    [ATTEMPT_FAILED] = u"failed",
    [ATTEMPT_RESTART_NEEDED] = u"restart_needed",
};

static void write_attempt_state(struct control_reply *reply, const struct control_update *update)
{
    control_reply_text(reply, "state", attempt_words[update->state]);
    control_reply_text(reply, "version", update->version);
}

void control_write_update(struct control_call *call)
{
    struct control_update update = {.state = ATTEMPT_NONE};
    call->host->look_at_update(call->host, &update);
    control_reply_text(call->reply, "update", attempt_words[update.state]);
    if (update.state != ATTEMPT_NONE)
        control_reply_text(call->reply, "update_version", update.version);
}

static void answer_result(struct control_call *call)
{
    struct control_update update = {.state = ATTEMPT_NONE};
    struct control_update_source source = {0};
    struct control_service service = {0};
    struct control_reply *reply = call->reply;
    call->host->look_at_update(call->host, &update);
    call->host->look_for_updates(call->host, &source);
    call->host->describe(call->host, &service);
    control_succeed(call);
    write_attempt_state(reply, &update);
    control_reply_text(reply, "installed", service.version);
    control_reply_number(reply, "code", update.code);
    control_reply_text(reply, "reason", update.reason);
    control_reply_number(reply, "since", update.since);
    control_reply_number(reply, "root", source.root);
    control_reply_number(reply, "manifest", source.manifest);
    control_reply_text(reply, "channel", source.channel);
    control_reply_text(reply, "update_url", source.url);
    control_reply_text(reply, "updates", source.updates);
}

/* ---- an offer ---- */

/* The word that is wrong stands behind the sentence. */
static bool refuse_offer_word(struct control_call *call, const char16_t *reason,
                              const char16_t *word)
{
    char16_t units[512];
    struct text text = TEXT_ON(units);
    text_append(&text, reason);
    if (word) {
        text_append(&text, u": ");
        text_append(&text, word);
    }
    control_fail(call, ERROR_INVALID_PARAMETER, units);
    return false;
}

/* What stands behind `name` in the word, or NULL. */
static const char16_t *value_of(const char16_t *word, const char16_t *name)
{
    return text_starts_with(word, name) && word[text_length(name)] ? word + text_length(name)
                                                                   : NULL;
}

static bool take_path(const char16_t **place, const char16_t *path)
{
    if (!path || *place)
        return false;
    *place = path;
    return true;
}

static bool take_word(struct control_update_offer *offer, const char16_t *word)
{
    const char16_t *root = value_of(word, u"root=");
    if (root && offer->root_count < ARRAY_COUNT(offer->roots)) {
        offer->roots[offer->root_count++] = root;
        return true;
    }
    if (text_equal(word, u"when-idle") && !offer->when_idle) {
        offer->when_idle = true;
        return true;
    }
    return take_path(&offer->manifest, value_of(word, u"manifest=")) ||
           take_path(&offer->package, value_of(word, u"package="));
}

/* Returns false when the reply says what is wrong. */
static bool read_offer(struct control_call *call, struct control_update_offer *offer)
{
    for (size_t i = 1; i < call->argument_count; i++)
        if (!take_word(offer, call->arguments[i]))
            return refuse_offer_word(call, u"update offer does not take this, or not once more",
                                     call->arguments[i]);
    if (!offer->manifest || !offer->package)
        return refuse_offer_word(call, u"update offer takes manifest=<path> and package=<path>",
                                 NULL);
    return true;
}

/* `refusal` in the reply is for programs, and stays; `reason` is for people. */
static void refuse_offer(struct control_call *call, const struct update_refusal *refusal)
{
    char text[UPDATE_REFUSAL_SIZE];
    char16_t units[UPDATE_REFUSAL_SIZE], name_units[CONTROL_WORD_UNITS];
    struct text reason = TEXT_ON(units), name = TEXT_ON(name_units);
    text_append_ascii(&reason, update_refusal_text(refusal, text));
    text_append_ascii(&name, update_reason_name(refusal->reason));
    log_error_of(LOG_UPDATE_REFUSED, refusal->code, "An update is refused: %s", text);
    control_fail(call, refusal->code, units);
    control_reply_text(call->reply, "refusal", name_units);
}

/* Returns 0, or the error of listing the sessions. */
static uint32_t count_others(struct control_call *call, size_t *others)
{
    struct control_sessions sessions = {0};
    uint32_t error = call->host->list(call->host, &sessions);
    *others = 0;
    if (error)
        return error;
    for (size_t i = 0; i < sessions.count; i++)
        *others += !control_owns(call->caller, sessions.items[i]);
    call->host->release(call->host, &sessions);
    return 0;
}

/* An update ends all sessions. Those of others only an administrator may end. Returns 0 if the
 * caller may install one now, or wants to wait. */
static uint32_t judge_offer(struct control_call *call, const struct control_update_offer *offer,
                            struct update_refusal *refusal)
{
    size_t others = 0;
    enum update_reason reason = call->host->judge_update(call->host, call->caller);
    if (reason != UPDATE_NOT_REFUSED)
        return update_refuse(refusal, reason);
    if (call->caller->is_administrator || offer->when_idle)
        return 0;
    uint32_t error = update_fail(refusal, count_others(call, &others));
    if (!error && others)
        error = update_refuse(refusal, UPDATE_SESSIONS);
    return error;
}

static void take_offer(struct control_call *call)
{
    struct control_update_offer offer = {0};
    struct control_update update = {.state = ATTEMPT_NONE};
    struct update_refusal refusal = {0};
    if (!read_offer(call, &offer))
        return;
    uint32_t error = judge_offer(call, &offer, &refusal);
    /* Others may connect before the installation begins. */
    offer.when_idle |= !call->caller->is_administrator;
    if (!error)
        error = call->host->offer_update(call->host, call->caller, &offer, &refusal);
    if (error) {
        refuse_offer(call, &refusal);
        return;
    }
    call->host->look_at_update(call->host, &update);
    control_succeed(call);
    write_attempt_state(call->reply, &update);
}

static const struct {
    const char16_t *name;
    size_t most; /* arguments, its own name included */
    void (*run)(struct control_call *call);
} update_verbs[] = {
    {u"offer", CONTROL_REQUEST_MAX_STRINGS, take_offer},
    {u"result", 1, answer_result},
};

void control_run_update(struct control_call *call)
{
    for (size_t i = 0; i < ARRAY_COUNT(update_verbs); i++) {
        if (!text_equal(call->arguments[0], update_verbs[i].name))
            continue;
        if (call->argument_count <= update_verbs[i].most)
            update_verbs[i].run(call);
        else
            control_fail(call, ERROR_INVALID_PARAMETER, u"This verb takes no argument");
        return;
    }
    control_fail(call, ERROR_INVALID_PARAMETER, u"update takes offer or result");
}
