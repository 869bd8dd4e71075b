/* SPDX-License-Identifier: MIT */
#include "service/startup/request.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/sids.h"
#include "service/startup/authorise.h"
#include "service/startup/config_path.h"
#include "service/startup/profile_intake.h"
#include "service/startup/profile_rights.h"
#include "wire/startup.h"

#include <string.h>

/* The client's message as it was read. It may hold a password, so it is wiped in any case. */
struct raw_message {
    uint32_t size;            /* bytes read so far */
    bool has_more;            /* the message goes on in the pipe */
    char16_t *longer;         /* all of it, if it does not fit into `units`; NULL: it does */
    size_t most_units;        /* in `longer` */
    struct client_user *user; /* for whom `longer` counts; NULL: for nobody */
    char16_t units[STARTUP_MAX_UNITS + 1];
};

static size_t raw_message_capacity(size_t units)
{
    return units * sizeof(char16_t) + 1; /* an odd last byte is allowed */
}

static void raw_message_wipe(struct raw_message *raw)
{
    if (raw->longer)
        SecureZeroMemory(raw->longer, raw->size);
    free(raw->longer);
    if (raw->user)
        clients_return_startup(raw->user, raw_message_capacity(raw->most_units));
    SecureZeroMemory(raw, sizeof(*raw));
}

/* The text for the standard input as UTF-8, wiped as well. */
struct input {
    char *utf8;
    size_t size;
};

static void input_free(struct input *input)
{
    if (input->utf8)
        SecureZeroMemory(input->utf8, input->size);
    free(input->utf8);
}

static uint32_t input_make(const char16_t *text, struct input *input)
{
    size_t length = text_length(text);
    input->size = text_to_utf8(text, length, NULL, 0);
    input->utf8 = malloc(input->size + 1);
    if (!input->utf8)
        return ERROR_NOT_ENOUGH_MEMORY;
    text_to_utf8(text, length, input->utf8, input->size);
    return 0;
}

/* A profile that was written anew, instead of what the client has sent. */
static void input_adopt(struct profile_text *text, struct input *input)
{
    input->size = text->size;
    input->utf8 = TAKE(text->bytes);
}

static const char16_t START_UP_DATA[] = u"GetStartupData";

/* Reads the beginning of the client's message, or what follows what was read before. `*is_there`
 * becomes false when there is no client to answer. */
static struct failure read_message(struct request *request, struct raw_message *raw,
                                   unsigned char *bytes, size_t capacity, bool *is_there)
{
    uint32_t got;
    uint32_t error = pipe_read(request->client, bytes + raw->size, (uint32_t)capacity - raw->size,
                               PIPE_TIMEOUT_MILLISECONDS, request->stop, &got);
    raw->size += got;
    raw->has_more = error == ERROR_MORE_DATA;
    *is_there = true;
    switch (error) {
    case ERROR_SUCCESS:
    case ERROR_MORE_DATA:
        return NO_FAILURE;
    case WAIT_TIMEOUT:
        return failure_of(ERROR_STARTUP_DATA, u"GetStartupData (timeout)");
    case ERROR_CANCELLED:
    case ERROR_BROKEN_PIPE:
    case ERROR_NO_DATA:
    case ERROR_PIPE_NOT_CONNECTED:
        *is_there = false;
        return NO_FAILURE;
    default:
        return failure_of(error, u"ReadPipeAsync");
    }
}

/* Whether the caller may send more than the others: an authorised one, or one whose profile may
 * come with the message, who has a limit for all messages together. A refusal is logged. */
static bool may_send_long_message(const struct request *request, const struct caller *caller,
                                  struct raw_message *raw)
{
    const size_t capacity = raw_message_capacity(request->settings->max_startup_units);
    if (request->is_authorised)
        return true;
    if (!caller_may_run_profiles(caller, request->settings)) {
        log_error_of(LOG_START_REFUSED, ERROR_STARTUP_DATA,
                     "Start-up data of more than %u units is read of authorised callers only",
                     (unsigned)STARTUP_MAX_UNITS);
        return false;
    }
    if (!clients_take_startup(request->user, capacity)) {
        log_error_of(LOG_START_REFUSED, ERROR_STARTUP_DATA,
                     "The user's other start-up data of more than %u units is not done with yet",
                     (unsigned)STARTUP_MAX_UNITS);
        return false;
    }
    raw->user = request->user;
    return true;
}

/* Reads a message that is longer than those of callers without rights may be: only now memory is
 * taken for it. */
static struct failure read_long_message(struct request *request, const struct caller *caller,
                                        struct raw_message *raw, bool *is_there)
{
    const size_t most = request->settings->max_startup_units;
    const size_t capacity = raw_message_capacity(most);
    raw->most_units = most;
    if (!may_send_long_message(request, caller, raw))
        return failure_of(ERROR_STARTUP_DATA, START_UP_DATA);
    raw->longer = malloc(capacity);
    if (!raw->longer)
        return failure_of(ERROR_NOT_ENOUGH_MEMORY, u"malloc");
    memcpy(raw->longer, raw->units, raw->size);
    struct failure failure = NO_FAILURE;
    if (capacity > raw->size)
        failure = read_message(request, raw, (unsigned char *)raw->longer, capacity, is_there);
    if (!failed(failure) && raw->has_more) {
        log_error_of(LOG_START_REFUSED, ERROR_STARTUP_DATA,
                     "The start-up data is longer than max_startup_units (%u)", (unsigned)most);
        failure = failure_of(ERROR_STARTUP_DATA, START_UP_DATA);
    }
    return failure;
}

static struct failure decode_message(const struct raw_message *raw, struct startup *startup)
{
    uint32_t error = raw->longer
                         ? startup_decode(raw->longer, raw->size, raw->most_units, startup)
                         : startup_decode(raw->units, raw->size, STARTUP_MAX_UNITS, startup);
    return error ? failure_of(error, START_UP_DATA) : NO_FAILURE;
}

static uint32_t split_options(const char16_t *options, struct tokens *tokens)
{
    uint32_t error;
    tokens_free(tokens);
    error = tokens_split(options, tokens);
    return error ? error : policy_complete(tokens);
}

/* Whether the caller may have any option and any config file. */
static bool may_have_all(const struct request *request, const struct caller *caller)
{
    if (request->settings->is_strict)
        return caller_is_administrator(caller);
    return request->is_authorised || caller_is_authorised(caller, request->settings);
}

static uint32_t check_options(const struct policy *policy, const struct startup *startup,
                              struct tokens *tokens, struct policy_refusal *refusal)
{
    uint32_t error = split_options(startup->options, tokens); /* a check changes some of them */
    return error ? error : policy_check(policy, startup->directory, tokens, refusal);
}

/* Checks the options that the caller asks for, and stores those to run in `tokens`. The caller's
 * groups are only looked up when the option check has refused and they can change that, because it
 * may take long. */
static struct failure authorise_options(struct request *request, struct profile_intake *intake,
                                        const struct startup *startup, struct tokens *tokens)
{
    const struct settings *settings = request->settings;
    const struct caller *caller = intake->caller;
    char16_t config_directory[POLICY_PATH_UNITS];
    struct policy policy = config_policy(caller, settings, config_directory);
    struct policy_refusal *refusal = &request->refusal;
    policy.take_profile = profile_intake_take;
    policy.profile_context = intake;
    policy.judges_all = settings->is_strict;
    uint32_t error = check_options(&policy, startup, tokens, refusal);
    if (error == ERROR_STARTUP_DATA && !policy_is_missing(refusal)) {
        if (may_have_all(request, caller)) {
            error = split_options(startup->options, tokens);
        } else if (refusal->code != ERROR_TIMEOUT && caller_may_run_profiles(caller, settings)) {
            policy.takes_profiles = true;
            profile_copies_remove(intake->copies);
            error = check_options(&policy, startup, tokens, refusal);
        }
    }
    if (error == ERROR_STARTUP_DATA)
        return refusal_of(refusal->code == ERROR_STARTUP_DATA ? LOG_GENERAL : LOG_START_REFUSED,
                          refusal->code, refusal->text);
    return error ? failure_of(error, u"malloc") : NO_FAILURE;
}

/* openvpn.exe would run as the machine, with a config and scripts that a user may have chosen. */
static struct failure refuse_service_account(const struct caller *caller)
{
    if (!sid_is_service_account((PSID)caller->sid))
        return NO_FAILURE;
    return refusal_of(LOG_START_REFUSED, ERROR_ACCESS_DENIED,
                      u"SYSTEM, LOCAL SERVICE and NETWORK SERVICE are not served");
}

/* Does not block, because the pipe has room for the whole text. An openvpn.exe that has ended
 * already is no error here: its exit code is reported later. A config ends where the text ends; a
 * password is a line, and openvpn.exe may ask for another one. */
static void write_child_input(struct child *child, const struct input *input, bool is_config)
{
    DWORD written;
    if (input->size)
        WriteFile(child->input, input->utf8, (DWORD)input->size, &written, NULL);
    if (is_config)
        close_handle(&child->input);
}

/* A session is known by the user's file, not by the copy that runs. */
static uint32_t name_sources(const struct profile_copies *copies, struct tokens *tokens)
{
    uint32_t error = 0;
    for (size_t at = 0; at < tokens->count && !error; at++) {
        const char16_t *source = profile_copies_source(copies, tokens->items[at]);
        if (source)
            error = tokens_replace(tokens, at, source);
    }
    return error;
}

/* Before the client knows of its openvpn.exe, so that it can ask for it on the control pipe. The
 * tokens have been used. */
static struct failure list_session(struct request *request, struct caller *caller,
                                   struct tokens *tokens, const struct child *child)
{
    if (name_sources(request->copies, tokens))
        return failure_of(ERROR_NOT_ENOUGH_MEMORY, u"malloc");
    const struct session_facts facts = {.caller = caller,
                                        .options = tokens,
                                        .client_pipe = request->client->handle,
                                        .process = child->process,
                                        .process_id = child->id};
    uint32_t error = session_list_enter(request->sessions, &facts, &request->listed);
    return error ? failure_of(error, u"DuplicateHandle (session list)") : NO_FAILURE;
}

static struct failure start_openvpn(struct request *request, struct caller *caller,
                                    const struct startup *startup, struct child *child)
{
    CLEANUP(tokens_free) struct tokens tokens = {0};
    CLEANUP(input_free) struct input input = {0};
    CLEANUP(profile_intake_free)
    struct profile_intake intake = {.caller = caller,
                                    .admin_group = request->settings->admin_group,
                                    .input = startup->input,
                                    .copies = request->copies};
    struct failure failure = authorise_options(request, &intake, startup, &tokens);
    if (failed(failure))
        return failure;
    if (intake.written_input.bytes)
        input_adopt(&intake.written_input, &input);
    else if (input_make(startup->input, &input))
        return failure_of(ERROR_NOT_ENOUGH_MEMORY, u"malloc");

    const struct launch launch = {
        .settings = request->settings,
        .caller = caller,
        .directory = startup->directory,
        .tokens = &tokens,
        .input_size = (uint32_t)input.size,
    };
    failure = child_launch(&launch, child);
    if (!failed(failure))
        failure = list_session(request, caller, &tokens, child);
    if (failed(failure))
        return failure;
    answer_process_id(request->answer, child->id);
    write_child_input(child, &input, policy_takes_stdin(&tokens));
    return NO_FAILURE;
}

/* Windows lets a service impersonate a client only once something of it was read. */
static struct failure identify_client(struct request *request, struct caller *caller, bool is_long)
{
    struct failure failure =
        caller_identify(request->client->handle, SecurityImpersonation, caller);
    if (!failed(failure))
        failure = refuse_service_account(caller);
    if (!failed(failure) && is_long)
        request->is_authorised = caller_is_authorised(caller, request->settings);
    return failure;
}

static struct failure serve_message(struct request *request, struct raw_message *raw,
                                    struct child *child)
{
    CLEANUP(caller_close) struct caller caller = {.stop = request->stop};
    struct startup startup = {0};
    struct failure failure = NO_FAILURE;
    bool is_there = true;
    if (!raw->has_more)
        failure = decode_message(raw, &startup);
    if (!failed(failure))
        failure = identify_client(request, &caller, raw->has_more);
    if (!failed(failure) && raw->has_more) {
        failure = read_long_message(request, &caller, raw, &is_there);
        if (!failed(failure) && is_there)
            failure = decode_message(raw, &startup);
    }
    return failed(failure) || !is_there ? failure
                                        : start_openvpn(request, &caller, &startup, child);
}

struct failure request_serve(struct request *request, struct child *child)
{
    CLEANUP(raw_message_wipe) struct raw_message raw = {0};
    bool is_there;
    struct failure failure = read_message(request, &raw, (unsigned char *)raw.units,
                                          raw_message_capacity(STARTUP_MAX_UNITS), &is_there);
    if (failed(failure) || !is_there)
        return failure;
    failure = serve_message(request, &raw, child);
    if (failed(failure) && raw.has_more)
        pipe_discard(request->client, PIPE_TIMEOUT_MILLISECONDS, request->stop);
    return failure;
}
