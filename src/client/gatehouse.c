/* SPDX-License-Identifier: MIT */
#include "client/gatehouse.h"

#include "base/errors.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "client/failure.h"
#include "client/server.h"
#include "product.h"
#include "wire/reply.h"
#include "wire/startup.h"

enum {
    RETRY_INTERVAL = 50, /* ms between looks for a pipe that is not there yet */
    INSTANCE_UNITS = 200 /* the pipe's whole name has at most 256 */
};

struct gatehouse {
    HANDLE pipe;
    HANDLE event;          /* of the one operation that is under way */
    OVERLAPPED overlapped; /* lives here because a read outlasts the call that starts it */
    bool reading;
    bool ended;
    char16_t answer[2 * REPLY_MAX_UNITS]; /* other services may not keep our limit */
    char16_t instance[INSTANCE_UNITS];
    uint32_t end_code; /* what the last error answer said, 0 if there was none */
    struct gatehouse_error end_error;
};

static uint64_t deadline_in(uint32_t timeout)
{
    return timeout == GATEHOUSE_FOREVER ? UINT64_MAX : GetTickCount64() + timeout;
}

static DWORD time_until(uint64_t deadline)
{
    if (deadline == UINT64_MAX)
        return INFINITE;
    uint64_t now = GetTickCount64();
    return now < deadline ? (DWORD)(deadline - now) : 0;
}

static DWORD shorter(DWORD a, DWORD b)
{
    return a < b ? a : b;
}

/* The pipe is not there: is there any hope that it will be? 0: yes, look again. */
static uint32_t why_missing(const char16_t *instance, uint64_t deadline)
{
    uint32_t state = 0;
    uint32_t process_id = 0;
    uint32_t error = server_query(instance, &state, &process_id);
    if (error)
        return error;
    if (state != SERVICE_RUNNING && state != SERVICE_START_PENDING)
        return ERROR_SERVICE_NOT_ACTIVE;
    if (time_until(deadline) == 0)
        return state == SERVICE_RUNNING ? ERROR_FILE_NOT_FOUND : WAIT_TIMEOUT;
    Sleep(shorter(RETRY_INTERVAL, time_until(deadline)));
    return 0;
}

static uint32_t wait_while_busy(const char16_t *path, uint64_t deadline)
{
    DWORD left = time_until(deadline);
    if (left == 0)
        return WAIT_TIMEOUT;
    /* 0 would mean the server's own default; a pipe that vanished is looked for again. */
    if (!WaitNamedPipeW(path, left == INFINITE ? NMPWAIT_WAIT_FOREVER : left) &&
        GetLastError() == ERROR_SEM_TIMEOUT)
        return WAIT_TIMEOUT;
    return 0;
}

/* The service acts as us only while it starts openvpn, so it gets the impersonation level; writing
 * needs no right to create instances, which GENERIC_WRITE would include (Microsoft, "Named Pipe
 * Security and Access Rights"). */
static HANDLE open_pipe(const char16_t *path)
{
    return CreateFileW(path, GENERIC_READ | FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES, 0, NULL,
                       OPEN_EXISTING,
                       FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION, NULL);
}

static uint32_t reach_pipe(struct gatehouse *session, uint64_t deadline)
{
    char16_t path_units[256];
    struct text path = TEXT_ON(path_units);
    text_append(&path, u"\\\\.\\pipe\\" PRODUCT_PIPE_FAMILY);
    text_append(&path, session->instance);
    text_append(&path, u"\\service");
    if (path.truncated)
        return ERROR_INVALID_NAME;

    for (;;) {
        session->pipe = open_pipe(path.units);
        if (session->pipe != INVALID_HANDLE_VALUE)
            return 0;
        uint32_t error = GetLastError();
        if (error == ERROR_FILE_NOT_FOUND)
            error = why_missing(session->instance, deadline);
        else if (error == ERROR_PIPE_BUSY)
            error = wait_while_busy(path.units, deadline);
        if (error)
            return error;
    }
}

static struct gatehouse *new_session(const char16_t *instance)
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

static void cleanup_session(struct gatehouse **session)
{
    gatehouse_close(*session);
}

struct gatehouse *gatehouse_open(const wchar_t *instance, uint32_t timeout,
                                 struct gatehouse_error *error)
{
    const uint64_t deadline = deadline_in(timeout);
    if (text_length(instance) >= INSTANCE_UNITS) {
        gatehouse_fail(error, STEP_OPEN, ERROR_INVALID_NAME, u"", NULL);
        return NULL;
    }
    CLEANUP(cleanup_session) struct gatehouse *session = new_session(instance);
    if (!session) {
        gatehouse_fail(error, STEP_MEMORY, ERROR_NOT_ENOUGH_MEMORY, instance, NULL);
        return NULL;
    }
    uint32_t code = reach_pipe(session, deadline);
    if (code) {
        gatehouse_fail(error, STEP_OPEN, code, instance, NULL);
        return NULL;
    }
    code = server_verify(instance, session->pipe);
    if (code) {
        gatehouse_fail(error, STEP_SERVER, code, instance, NULL);
        return NULL;
    }
    DWORD mode = PIPE_READMODE_MESSAGE;
    if (!SetNamedPipeHandleState(session->pipe, &mode, NULL, NULL)) {
        gatehouse_fail(error, STEP_OPEN, GetLastError(), instance, NULL);
        return NULL;
    }
    return TAKE(session);
}

static void prepare(struct gatehouse *session)
{
    ZeroMemory(&session->overlapped, sizeof(session->overlapped));
    ResetEvent(session->event);
    session->overlapped.hEvent = session->event;
}

/* Ends the operation under way, by force when the time is up. Nothing of it is pending afterwards.
 */
static uint32_t finish(struct gatehouse *session, DWORD timeout, DWORD *done)
{
    const bool late = WaitForSingleObject(session->event, timeout) != WAIT_OBJECT_0;
    if (late)
        CancelIoEx(session->pipe, &session->overlapped);
    if (GetOverlappedResult(session->pipe, &session->overlapped, done, TRUE))
        return 0; /* also when it was done just before it would have been cancelled */
    uint32_t error = GetLastError();
    return late && error == ERROR_OPERATION_ABORTED ? WAIT_TIMEOUT : error;
}

static uint32_t send_request(struct gatehouse *session, const struct startup *startup,
                             uint64_t deadline)
{
    char16_t units[STARTUP_MAX_UNITS];
    size_t size = startup_encode(startup, units, ARRAY_COUNT(units));
    uint32_t error = ERROR_FILENAME_EXCED_RANGE;
    DWORD done = 0;
    if (size) {
        prepare(session);
        if (WriteFile(session->pipe, units, (DWORD)size, NULL, &session->overlapped) ||
            GetLastError() == ERROR_IO_PENDING)
            error = finish(session, time_until(deadline), &done);
        else
            error = GetLastError();
    }
    SecureZeroMemory(units, sizeof(units));
    return error;
}

/* Starts the read for the next answer. What fails at once is noticed as the end. */
static void start_reading(struct gatehouse *session)
{
    prepare(session);
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

/* Waits for the read under way. 0: *reply is an answer; ERROR_INVALID_DATA: what came is none;
 * WAIT_TIMEOUT: the read goes on; anything else: the service has closed the pipe. */
static uint32_t read_answer(struct gatehouse *session, DWORD timeout, struct reply *reply)
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
    const uint64_t deadline = deadline_in(timeout);
    const char16_t *instance = session->instance;
    const struct startup startup = {directory, options, input};
    struct reply reply = {.code = ERROR_INVALID_DATA};

    uint32_t code = send_request(session, &startup, deadline);
    /* A service that has refused us before reading has closed its end: its reason may still be in
     * the pipe. */
    if (code && code != ERROR_NO_DATA && code != ERROR_BROKEN_PIPE)
        return gatehouse_fail(error, code == ERROR_FILENAME_EXCED_RANGE ? STEP_WORD : STEP_ASK,
                              code, instance, NULL);
    start_reading(session);
    code = read_answer(session, time_until(deadline), &reply);
    if (code)
        return gatehouse_fail(error, STEP_ASK, code, instance, NULL);
    if (reply.code)
        return gatehouse_fail(error, STEP_ANSWER, reply.code, instance, reply.function);
    *process_id = reply.process_id;
    start_reading(session);
    return 0;
}

void *gatehouse_event(const struct gatehouse *session)
{
    return session->event;
}

uint32_t gatehouse_wait(struct gatehouse *session, uint32_t timeout, struct gatehouse_error *error)
{
    const uint64_t deadline = deadline_in(timeout);
    struct reply reply = {.code = ERROR_INVALID_DATA};
    while (!session->ended) {
        uint32_t code = read_answer(session, time_until(deadline), &reply);
        if (code == WAIT_TIMEOUT)
            return GATEHOUSE_STILL_RUNNING;
        if (code == 0 && reply.code)
            session->end_code = gatehouse_fail(&session->end_error, STEP_END, reply.code,
                                               session->instance, reply.function);
        if (!session->ended)
            start_reading(session);
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
