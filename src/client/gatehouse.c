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
    RETRY_INTERVAL = 50, /* ms between attempts to open a pipe that does not exist yet */
    INSTANCE_UNITS = 200 /* the whole name of a pipe has at most 256 */
};

struct gatehouse {
    HANDLE pipe;
    HANDLE event;          /* of the pending operation; there is only one */
    OVERLAPPED overlapped; /* a read may be pending between calls */
    bool reading;
    bool ended;
    char16_t answer[2 * REPLY_MAX_UNITS]; /* other services may send longer replies */
    char16_t instance[INSTANCE_UNITS];
    uint32_t end_code; /* code of the last error reply; 0: there was none */
    struct gatehouse_error end_error;
};

static uint64_t gatehouse_deadline(uint32_t timeout)
{
    return timeout == GATEHOUSE_FOREVER ? UINT64_MAX : GetTickCount64() + timeout;
}

static DWORD gatehouse_time_until(uint64_t deadline)
{
    if (deadline == UINT64_MAX)
        return INFINITE;
    uint64_t now = GetTickCount64();
    return now < deadline ? (DWORD)(deadline - now) : 0;
}

static DWORD gatehouse_shorter(DWORD a, DWORD b)
{
    return a < b ? a : b;
}

/* Called when the pipe does not exist. Returns 0, after a pause, if the service is starting or
 * running, so that the pipe may appear before the deadline; otherwise why it is missing. */
static uint32_t gatehouse_wait_for_pipe(const char16_t *instance, uint64_t deadline)
{
    uint32_t state = 0;
    uint32_t process_id = 0;
    uint32_t error = server_query(instance, &state, &process_id);
    if (error)
        return error;
    if (state != SERVICE_RUNNING && state != SERVICE_START_PENDING)
        return ERROR_SERVICE_NOT_ACTIVE;
    if (gatehouse_time_until(deadline) == 0)
        return state == SERVICE_RUNNING ? ERROR_FILE_NOT_FOUND : WAIT_TIMEOUT;
    Sleep(gatehouse_shorter(RETRY_INTERVAL, gatehouse_time_until(deadline)));
    return 0;
}

static uint32_t gatehouse_wait_while_busy(const char16_t *path, uint64_t deadline)
{
    DWORD left = gatehouse_time_until(deadline);
    if (left == 0)
        return WAIT_TIMEOUT;
    /* Never 0, which stands for the server's default. If the pipe has disappeared, the caller looks
     * for it again. */
    if (!WaitNamedPipeW(path, left == INFINITE ? NMPWAIT_WAIT_FOREVER : left) &&
        GetLastError() == ERROR_SEM_TIMEOUT)
        return WAIT_TIMEOUT;
    return 0;
}

/* The service must act as the user to start openvpn, so it gets the impersonation level. Not
 * GENERIC_WRITE: it includes the right to create instances of the pipe (Microsoft, "Named Pipe
 * Security and Access Rights"), which clients do not have. */
static HANDLE gatehouse_open_pipe(const char16_t *path)
{
    return CreateFileW(path, GENERIC_READ | FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES, 0, NULL,
                       OPEN_EXISTING,
                       FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION, NULL);
}

static uint32_t gatehouse_reach_pipe(struct gatehouse *session, uint64_t deadline)
{
    char16_t path_units[256];
    struct text path = TEXT_ON(path_units);
    text_append(&path, u"\\\\.\\pipe\\" PRODUCT_PIPE_FAMILY);
    text_append(&path, session->instance);
    text_append(&path, u"\\service");
    if (path.truncated)
        return ERROR_INVALID_NAME;

    for (;;) {
        session->pipe = gatehouse_open_pipe(path.units);
        if (session->pipe != INVALID_HANDLE_VALUE)
            return 0;
        uint32_t error = GetLastError();
        if (error == ERROR_FILE_NOT_FOUND)
            error = gatehouse_wait_for_pipe(session->instance, deadline);
        else if (error == ERROR_PIPE_BUSY)
            error = gatehouse_wait_while_busy(path.units, deadline);
        if (error)
            return error;
    }
}

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
    const uint64_t deadline = gatehouse_deadline(timeout);
    if (text_length(instance) >= INSTANCE_UNITS) {
        gatehouse_fail(error, STEP_OPEN, ERROR_INVALID_NAME, u"", NULL);
        return NULL;
    }
    CLEANUP(gatehouse_cleanup) struct gatehouse *session = gatehouse_new_session(instance);
    if (!session) {
        gatehouse_fail(error, STEP_MEMORY, ERROR_NOT_ENOUGH_MEMORY, instance, NULL);
        return NULL;
    }
    uint32_t code = gatehouse_reach_pipe(session, deadline);
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

static void gatehouse_prepare(struct gatehouse *session)
{
    ZeroMemory(&session->overlapped, sizeof(session->overlapped));
    ResetEvent(session->event);
    session->overlapped.hEvent = session->event;
}

/* Waits for the pending operation, and cancels it when the time is up. It is not pending any more
 * on return. */
static uint32_t gatehouse_finish(struct gatehouse *session, DWORD timeout, DWORD *done)
{
    const bool late = WaitForSingleObject(session->event, timeout) != WAIT_OBJECT_0;
    if (late)
        CancelIoEx(session->pipe, &session->overlapped);
    if (GetOverlappedResult(session->pipe, &session->overlapped, done, TRUE))
        return 0; /* also if it was completed just before the cancellation */
    uint32_t error = GetLastError();
    return late && error == ERROR_OPERATION_ABORTED ? WAIT_TIMEOUT : error;
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
            error = gatehouse_finish(session, gatehouse_time_until(deadline), &done);
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
    const uint64_t deadline = gatehouse_deadline(timeout);
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
    code = gatehouse_read_answer(session, gatehouse_time_until(deadline), &reply);
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
    const uint64_t deadline = gatehouse_deadline(timeout);
    struct reply reply = {.code = ERROR_INVALID_DATA};
    while (!session->ended) {
        uint32_t code = gatehouse_read_answer(session, gatehouse_time_until(deadline), &reply);
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
