/* SPDX-License-Identifier: MIT */
#include "client/gatehouse.h"

#include "base/errors.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "client/failure.h"
#include "client/reach.h"
#include "wire/reply.h"
#include "wire/startup.h"

struct gatehouse {
    HANDLE pipe;
    HANDLE event;          /* of the pending operation; there is only one */
    OVERLAPPED overlapped; /* a read may be pending between calls */
    bool reading;
    bool ended;
    char16_t answer[2 * REPLY_MAX_UNITS]; /* other services may send longer replies */
    char16_t instance[REACH_INSTANCE_UNITS];
    uint32_t end_code; /* code of the last error reply; 0: there was none */
    struct gatehouse_error end_error;
};

static struct gatehouse *gatehouse_new_session(const char16_t *instance)
{
    struct gatehouse *session = calloc(1, sizeof(*session));
    if (!session)
        return NULL;
    session->pipe = INVALID_HANDLE_VALUE;
    struct text copy = TEXT_ON(session->instance);
    text_append(&copy, instance);
    session->event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!session->event || copy.truncated) {
        gatehouse_close(session);
        return NULL;
    }
    return session;
}

static void gatehouse_cleanup(struct gatehouse **session)
{
    gatehouse_close(*session);
}

struct gatehouse *gatehouse_open(const wchar_t *instance, uint32_t timeout,
                                 struct gatehouse_error *error)
{
    const uint64_t deadline = reach_deadline(timeout);
    if (text_length(instance) >= REACH_INSTANCE_UNITS) {
        gatehouse_fail(error, STEP_OPEN, ERROR_INVALID_NAME, u"", NULL);
        return NULL;
    }
    CLEANUP(gatehouse_cleanup) struct gatehouse *session = gatehouse_new_session(instance);
    if (!session) {
        gatehouse_fail(error, STEP_MEMORY, ERROR_NOT_ENOUGH_MEMORY, instance, NULL);
        return NULL;
    }
    /* The service must act as the user to start openvpn. */
    const struct reach_pipe wanted = {session->instance, u"service", SECURITY_IMPERSONATION};
    bool is_foreign;
    uint32_t code = reach_open(&wanted, deadline, &session->pipe, &is_foreign);
    if (code) {
        gatehouse_fail(error, is_foreign ? STEP_SERVER : STEP_OPEN, code, instance, NULL);
        return NULL;
    }
    return TAKE(session);
}

static void gatehouse_prepare(struct gatehouse *session)
{
    ZeroMemory(&session->overlapped, sizeof(session->overlapped));
    ResetEvent(session->event);
    session->overlapped.hEvent = session->event;
}

static uint32_t gatehouse_send_request(struct gatehouse *session, const struct startup *startup,
                                       uint64_t deadline)
{
    char16_t units[STARTUP_MAX_UNITS];
    size_t size = startup_encode(startup, units, ARRAY_COUNT(units));
    uint32_t error = ERROR_FILENAME_EXCED_RANGE;
    DWORD done = 0;
    if (size) {
        gatehouse_prepare(session);
        if (WriteFile(session->pipe, units, (DWORD)size, NULL, &session->overlapped) ||
            GetLastError() == ERROR_IO_PENDING)
            error = reach_finish(session->pipe, &session->overlapped, deadline, &done);
        else
            error = GetLastError();
    }
    SecureZeroMemory(units, sizeof(units));
    return error;
}

/* Starts to read the next reply. An immediate error ends the session. */
static void gatehouse_start_reading(struct gatehouse *session)
{
    gatehouse_prepare(session);
    session->reading = true;
    if (!ReadFile(session->pipe, session->answer, sizeof(session->answer), NULL,
                  &session->overlapped)) {
        uint32_t error = GetLastError();
        if (error != ERROR_IO_PENDING && error != ERROR_MORE_DATA) {
            session->reading = false;
            session->ended = true;
            SetEvent(session->event);
        }
    }
}

/* Waits for the pending read. Returns 0: *reply holds the reply; ERROR_INVALID_DATA: the message is
 * not a reply; WAIT_TIMEOUT: the read is still pending; another code: the service has closed the
 * pipe. */
static uint32_t gatehouse_read_answer(struct gatehouse *session, DWORD timeout, struct reply *reply)
{
    if (session->ended)
        return ERROR_BROKEN_PIPE;
    if (WaitForSingleObject(session->event, timeout) != WAIT_OBJECT_0)
        return WAIT_TIMEOUT;
    DWORD size = 0;
    session->reading = false;
    if (!GetOverlappedResult(session->pipe, &session->overlapped, &size, FALSE) &&
        GetLastError() != ERROR_MORE_DATA) {
        uint32_t error = GetLastError();
        session->ended = true;
        return error;
    }
    return reply_parse(session->answer, size / sizeof(char16_t), reply) ? 0 : ERROR_INVALID_DATA;
}

uint32_t gatehouse_start(struct gatehouse *session, const wchar_t *directory,
                         const wchar_t *options, const wchar_t *input, uint32_t timeout,
                         uint32_t *process_id, struct gatehouse_error *error)
{
    const uint64_t deadline = reach_deadline(timeout);
    const char16_t *instance = session->instance;
    const struct startup startup = {directory, options, input};
    struct reply reply = {.code = ERROR_INVALID_DATA};
    uint32_t code = gatehouse_send_request(session, &startup, deadline);
    /* A service that refuses a client before it reads has closed its end. Its reply may still be in
     * the pipe. */
    if (code && code != ERROR_NO_DATA && code != ERROR_BROKEN_PIPE)
        return gatehouse_fail(error, code == ERROR_FILENAME_EXCED_RANGE ? STEP_ENCODE : STEP_ASK,
                              code, instance, NULL);
    gatehouse_start_reading(session);
    code = gatehouse_read_answer(session, reach_time_until(deadline), &reply);
    if (code)
        return gatehouse_fail(error, STEP_ASK, code, instance, NULL);
    if (reply.code)
        return gatehouse_fail(error, STEP_ANSWER, reply.code, instance, reply.function);
    *process_id = reply.process_id;
    gatehouse_start_reading(session);
    return 0;
}

void *gatehouse_event(const struct gatehouse *session)
{
    return session->event;
}

uint32_t gatehouse_wait(struct gatehouse *session, uint32_t timeout, struct gatehouse_error *error)
{
    const uint64_t deadline = reach_deadline(timeout);
    struct reply reply = {.code = ERROR_INVALID_DATA};
    while (!session->ended) {
        uint32_t code = gatehouse_read_answer(session, reach_time_until(deadline), &reply);
        if (code == WAIT_TIMEOUT)
            return GATEHOUSE_STILL_RUNNING;
        if (code == 0 && reply.code)
            session->end_code = gatehouse_fail(&session->end_error, STEP_END, reply.code,
                                               session->instance, reply.function);
        if (!session->ended)
            gatehouse_start_reading(session);
    }
    if (session->end_code && error)
        *error = session->end_error;
    return session->end_code;
}

void gatehouse_close(struct gatehouse *session)
{
    if (!session)
        return;
    if (session->reading) {
        DWORD size;
        CancelIoEx(session->pipe, &session->overlapped);
        GetOverlappedResult(session->pipe, &session->overlapped, &size, TRUE);
    }
    if (session->pipe != INVALID_HANDLE_VALUE)
        CloseHandle(session->pipe);
    if (session->event)
        CloseHandle(session->event);
    free(session);
}
