/* SPDX-License-Identifier: MIT */
#include "service/startup/request.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "base/win32/sids.h"
#include "service/startup/authorise.h"
#include "service/startup/config_path.h"
#include "wire/startup.h"

/* The client's message as it was read. It may hold a password, so it is wiped in any case. */
struct raw_message {
    uint32_t size;
    char16_t units[STARTUP_MAX_UNITS + 1];
};

static void raw_message_wipe(struct raw_message *raw)
{
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

/* Reads the client's message. `*is_there` stays false when there is no client to answer. */
static struct failure read_startup_message(struct request *request, struct raw_message *raw,
                                           bool *is_there)
{
    uint32_t error = pipe_read(request->client, raw->units, STARTUP_MAX_BYTES,
                               PIPE_TIMEOUT_MILLISECONDS, request->stop, &raw->size);
    switch (error) {
    case ERROR_SUCCESS:
        *is_there = true;
        return NO_FAILURE;
    case WAIT_TIMEOUT:
        return failure_of(ERROR_STARTUP_DATA, u"GetStartupData (timeout)");
    case ERROR_MORE_DATA:
        return failure_of(ERROR_STARTUP_DATA, u"GetStartupData");
    case ERROR_CANCELLED:
    case ERROR_BROKEN_PIPE:
    case ERROR_NO_DATA:
    case ERROR_PIPE_NOT_CONNECTED:
        return NO_FAILURE;
    default:
        return failure_of(error, u"ReadPipeAsync");
    }
}

static uint32_t split_options(const char16_t *options, struct tokens *tokens)
{
    uint32_t error;
    tokens_free(tokens);
    error = tokens_split(options, tokens);
    return error ? error : policy_complete(tokens);
}

/* Checks the options that the caller asks for, and stores those to run in `tokens`. The caller's
 * groups are only looked up when the option check has refused and they can change that, because it
 * may take long. */
static struct failure authorise_options(struct request *request, const struct caller *caller,
                                        const struct startup *startup, struct tokens *tokens)
{
    const struct settings *settings = request->settings;
    char16_t config_directory[POLICY_PATH_UNITS];
    struct policy policy = config_policy(caller, settings, config_directory);
    struct policy_refusal *refusal = &request->refusal;
    uint32_t error = split_options(startup->options, tokens);
    if (!error)
        error = policy_check(&policy, startup->directory, tokens, refusal);
    if (error == ERROR_STARTUP_DATA && !policy_is_missing(refusal) &&
        caller_is_authorised(caller, settings))
        error =
            split_options(startup->options, tokens); /* the check may have changed some of them */
    if (error == ERROR_STARTUP_DATA)
        return failure_of(refusal->code, refusal->text);
    return error ? failure_of(error, u"malloc") : NO_FAILURE;
}

/* openvpn.exe would run as the machine, with a config and scripts that a user may have chosen. */
static struct failure refuse_service_account(const struct caller *caller)
{
    if (!sid_is_service_account((PSID)caller->sid))
        return NO_FAILURE;
    return failure_of(ERROR_ACCESS_DENIED,
                      u"SYSTEM, LOCAL SERVICE and NETWORK SERVICE are not served");
}

/* Does not block, because the pipe has room for the whole text. An openvpn.exe that has ended
 * already is no error here: its exit code is reported later. */
static void write_child_input(const struct child *child, const struct input *input)
{
    DWORD written;
    if (input->size)
        WriteFile(child->input, input->utf8, (DWORD)input->size, &written, NULL);
}

static struct failure start_openvpn(struct request *request, const struct startup *startup,
                                    struct child *child)
{
    CLEANUP(caller_close) struct caller caller = {0};
    CLEANUP(tokens_free) struct tokens tokens = {0};
    CLEANUP(input_free) struct input input = {0};
    struct failure failure = caller_identify(request->client->handle, &caller);
    if (!failed(failure))
        failure = refuse_service_account(&caller);
    if (!failed(failure))
        failure = authorise_options(request, &caller, startup, &tokens);
    if (failed(failure))
        return failure;
    if (input_make(startup->input, &input))
        return failure_of(ERROR_NOT_ENOUGH_MEMORY, u"malloc");

    const struct launch launch = {
        .settings = request->settings,
        .caller = &caller,
        .directory = startup->directory,
        .tokens = &tokens,
        .input_size = (uint32_t)input.size,
    };
    failure = child_launch(&launch, child);
    if (failed(failure))
        return failure;
    answer_process_id(request->answer, child->id);
    write_child_input(child, &input);
    return NO_FAILURE;
}

struct failure request_serve(struct request *request, struct child *child)
{
    CLEANUP(raw_message_wipe) struct raw_message raw = {0};
    struct startup startup;
    bool is_there = false;
    struct failure failure = read_startup_message(request, &raw, &is_there);
    if (failed(failure) || !is_there)
        return failure;
    if (startup_decode(raw.units, raw.size, &startup))
        return failure_of(ERROR_STARTUP_DATA, u"GetStartupData");
    return start_openvpn(request, &startup, child);
}
