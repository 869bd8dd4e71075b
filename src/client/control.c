/* SPDX-License-Identifier: MIT */
/* The control pipe: one request, one reply. */
#include "client/gatehouse.h"

#include "base/errors.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "client/failure.h"
#include "client/reach.h"
#include "wire/control_reply.h"
#include "wire/control_request.h"

struct gatehouse_control {
    HANDLE pipe;
    OVERLAPPED operation; /* there is one at a time, and none between two calls */
    char16_t instance[REACH_INSTANCE_UNITS];
};

/* A value with its key, which lie in the message. */
struct control_value {
    size_t record;
    const char16_t *key, *value;
};

struct gatehouse_reply {
    size_t records, count;
    struct control_value *values;
    char16_t message[CONTROL_REPLY_MAX_UNITS];
};

/* ---- the connection ---- */

static struct gatehouse_control *control_new(const char16_t *instance)
{
    struct gatehouse_control *control = calloc(1, sizeof(*control));
    if (!control)
        return NULL;
    struct text copy = TEXT_ON(control->instance);
    text_append(&copy, instance);
    control->operation.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!control->operation.hEvent) {
        gatehouse_control_close(control);
        return NULL;
    }
    return control;
}

/* `level` is what the service may do with the caller's identity. */
static struct gatehouse_control *control_open_at(const wchar_t *instance, DWORD level,
                                                 uint32_t timeout, struct gatehouse_error *error)
{
    const struct reach_pipe wanted = {instance, u"control", level};
    bool is_foreign;
    if (text_length(instance) >= REACH_INSTANCE_UNITS) {
        gatehouse_fail(error, STEP_CONTROL_OPEN, ERROR_INVALID_NAME, u"", NULL);
        return NULL;
    }
    struct gatehouse_control *control = control_new(instance);
    if (!control) {
        gatehouse_fail(error, STEP_MEMORY, ERROR_NOT_ENOUGH_MEMORY, instance, NULL);
        return NULL;
    }
    uint32_t code = reach_open(&wanted, reach_deadline(timeout), &control->pipe, &is_foreign);
    if (!code)
        return control;
    gatehouse_control_close(control);
    gatehouse_fail(error, is_foreign ? STEP_SERVER : STEP_CONTROL_OPEN, code, instance, NULL);
    return NULL;
}

struct gatehouse_control *gatehouse_control_open(const wchar_t *instance, uint32_t timeout,
                                                 struct gatehouse_error *error)
{
    return control_open_at(instance, SECURITY_IDENTIFICATION, timeout, error);
}

struct gatehouse_control *gatehouse_control_open_for_files(const wchar_t *instance,
                                                           uint32_t timeout,
                                                           struct gatehouse_error *error)
{
    return control_open_at(instance, SECURITY_IMPERSONATION, timeout, error);
}

void gatehouse_control_close(struct gatehouse_control *control)
{
    if (!control)
        return;
    close_handle(&control->pipe);
    close_handle(&control->operation.hEvent);
    free(control);
}

/* ---- one request ---- */

static void control_prepare(struct gatehouse_control *control)
{
    HANDLE event = control->operation.hEvent;
    control->operation = (OVERLAPPED){.hEvent = event};
    ResetEvent(event);
}

static uint32_t control_send(struct gatehouse_control *control, const wchar_t *const words[],
                             size_t count, uint64_t deadline)
{
    struct control_request request = {.count = count};
    char16_t units[CONTROL_REQUEST_MAX_UNITS];
    DWORD done;
    if (count > CONTROL_REQUEST_MAX_STRINGS)
        return ERROR_INVALID_PARAMETER;
    for (size_t i = 0; i < count; i++)
        request.strings[i] = words[i];
    size_t size = control_request_encode(&request, units, ARRAY_COUNT(units));
    if (!size)
        return ERROR_INVALID_PARAMETER;
    control_prepare(control);
    if (!WriteFile(control->pipe, units, (DWORD)size, NULL, &control->operation) &&
        GetLastError() != ERROR_IO_PENDING)
        return GetLastError();
    return reach_finish(control->pipe, &control->operation, deadline, &done);
}

static uint32_t control_receive(struct gatehouse_control *control, uint64_t deadline,
                                struct gatehouse_reply *reply, size_t *length)
{
    DWORD size = 0;
    control_prepare(control);
    if (!ReadFile(control->pipe, reply->message, sizeof(reply->message), NULL,
                  &control->operation)) {
        uint32_t error = GetLastError();
        if (error != ERROR_IO_PENDING && error != ERROR_MORE_DATA)
            return error;
    }
    uint32_t error = reach_finish(control->pipe, &control->operation, deadline, &size);
    *length = size / sizeof(*reply->message);
    return error == ERROR_MORE_DATA || size % sizeof(*reply->message) ? (uint32_t)ERROR_INVALID_DATA
                                                                      : error;
}

/* A line has three units at least, so there is room for every value. */
static uint32_t reply_read(struct gatehouse_reply *reply, size_t length, uint32_t *code)
{
    struct control_answer answer;
    enum control_item item;
    if (!control_answer_read(reply->message, length, &answer))
        return ERROR_INVALID_DATA;
    reply->values = calloc(length / 2 + 1, sizeof(*reply->values));
    if (!reply->values)
        return ERROR_NOT_ENOUGH_MEMORY;
    *code = answer.code;
    size_t record = 0;
    struct control_value *value = reply->values;
    while ((item = control_answer_next(&answer, &value->key, &value->value)) != CONTROL_END) {
        if (item == CONTROL_RECORD) {
            record++;
            continue;
        }
        value->record = record;
        reply->records = record + 1;
        value++;
    }
    reply->count = (size_t)(value - reply->values);
    return 0;
}

static void reply_cleanup(struct gatehouse_reply **reply)
{
    gatehouse_reply_free(*reply);
}

uint32_t gatehouse_ask(struct gatehouse_control *control, const wchar_t *const words[],
                       size_t count, uint32_t timeout, struct gatehouse_reply **reply,
                       struct gatehouse_error *error)
{
    const uint64_t deadline = reach_deadline(timeout);
    CLEANUP(reply_cleanup) struct gatehouse_reply *made = calloc(1, sizeof(*made));
    size_t length = 0;
    uint32_t answer = 0;
    if (!made)
        return gatehouse_fail(error, STEP_MEMORY, ERROR_NOT_ENOUGH_MEMORY, control->instance, NULL);
    uint32_t code = control_send(control, words, count, deadline);
    /* A service that refuses a client has closed its end. Its reply may still be in the pipe. */
    if (!code || code == ERROR_NO_DATA || code == ERROR_BROKEN_PIPE)
        code = control_receive(control, deadline, made, &length);
    if (!code)
        code = reply_read(made, length, &answer);
    if (code)
        return gatehouse_fail(error, STEP_CONTROL_ASK, code, control->instance, NULL);
    if (answer)
        return gatehouse_fail(error, STEP_CONTROL_ANSWER, answer, control->instance,
                              gatehouse_reply_value(made, 0, L"reason"));
    *reply = TAKE(made);
    return 0;
}

/* ---- a reply ---- */

size_t gatehouse_reply_records(const struct gatehouse_reply *reply)
{
    return reply->records;
}

const wchar_t *gatehouse_reply_value(const struct gatehouse_reply *reply, size_t record,
                                     const wchar_t *key)
{
    for (size_t i = 0; i < reply->count; i++)
        if (reply->values[i].record == record && text_equal(reply->values[i].key, key))
            return reply->values[i].value;
    return NULL;
}

void gatehouse_reply_free(struct gatehouse_reply *reply)
{
    if (!reply)
        return;
    free(reply->values);
    free(reply);
}

/* ---- verbs ---- */

/* For a verb whose reply says nothing more than that it succeeded. */
static uint32_t control_tell(struct gatehouse_control *control, const wchar_t *verb,
                             uint32_t process_id, uint32_t timeout, struct gatehouse_error *error)
{
    wchar_t digits[16];
    struct text number = TEXT_ON(digits);
    struct gatehouse_reply *reply = NULL;
    text_append_format(&number, "%lu", (unsigned long)process_id);
    const wchar_t *const words[] = {verb, process_id ? digits : L"all"};
    uint32_t code = gatehouse_ask(control, words, ARRAY_COUNT(words), timeout, &reply, error);
    gatehouse_reply_free(reply);
    return code;
}

uint32_t gatehouse_attach(struct gatehouse_control *control, uint32_t process_id, uint32_t timeout,
                          struct gatehouse_error *error)
{
    return control_tell(control, L"attach", process_id, timeout, error);
}

uint32_t gatehouse_stop(struct gatehouse_control *control, uint32_t process_id, uint32_t timeout,
                        struct gatehouse_error *error)
{
    return control_tell(control, L"stop", process_id, timeout, error);
}
