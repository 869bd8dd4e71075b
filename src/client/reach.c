/* SPDX-License-Identifier: MIT */
#include "client/reach.h"

#include "base/errors.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "client/gatehouse.h"
#include "client/server.h"
#include "product.h"

enum { RETRY_INTERVAL = 50 /* ms between attempts, while the service starts or stops */ };

uint64_t reach_deadline(uint32_t timeout)
{
    return timeout == GATEHOUSE_FOREVER ? UINT64_MAX : GetTickCount64() + timeout;
}

DWORD reach_time_until(uint64_t deadline)
{
    if (deadline == UINT64_MAX)
        return INFINITE;
    uint64_t now = GetTickCount64();
    return now < deadline ? (DWORD)(deadline - now) : 0;
}

static void reach_pause(DWORD left)
{
    Sleep(left < RETRY_INTERVAL ? left : RETRY_INTERVAL);
}

/* Called when the pipe does not exist. Returns 0, after a pause, if the service is starting or
 * running, so that the pipe may appear before the deadline; otherwise why it is missing. */
static uint32_t reach_wait_for_pipe(const char16_t *instance, uint64_t deadline)
{
    uint32_t state = 0;
    uint32_t process_id = 0;
    uint32_t error = server_query(instance, &state, &process_id);
    if (error)
        return error;
    if (state != SERVICE_RUNNING && state != SERVICE_START_PENDING)
        return ERROR_SERVICE_NOT_ACTIVE;
    DWORD left = reach_time_until(deadline);
    if (left == 0)
        return state == SERVICE_RUNNING ? ERROR_FILE_NOT_FOUND : WAIT_TIMEOUT;
    reach_pause(left);
    return 0;
}

static uint32_t reach_wait_while_busy(const char16_t *path, uint64_t deadline)
{
    DWORD left = reach_time_until(deadline);
    if (left == 0)
        return WAIT_TIMEOUT;
    /* Never 0, which stands for the server's default. If the pipe has disappeared, the caller looks
     * for it again. */
    if (!WaitNamedPipeW(path, left == INFINITE ? NMPWAIT_WAIT_FOREVER : left) &&
        GetLastError() == ERROR_SEM_TIMEOUT)
        return WAIT_TIMEOUT;
    return 0;
}

/* Not GENERIC_WRITE: it includes the right to create instances of the pipe (Microsoft, "Named Pipe
 * Security and Access Rights"), which clients do not have. */
static uint32_t reach_try(const char16_t *path, DWORD level, HANDLE *pipe)
{
    HANDLE opened =
        CreateFileW(path, GENERIC_READ | FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES, 0, NULL,
                    OPEN_EXISTING, FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | level, NULL);
    if (opened == INVALID_HANDLE_VALUE)
        return GetLastError();
    *pipe = opened;
    return 0;
}

static uint32_t reach_try_until(const char16_t *path, const struct reach_pipe *wanted,
                                uint64_t deadline, HANDLE *pipe)
{
    for (;;) {
        uint32_t error = reach_try(path, wanted->level, pipe);
        if (!error)
            return 0;
        if (error == ERROR_FILE_NOT_FOUND)
            error = reach_wait_for_pipe(wanted->instance, deadline);
        else if (error == ERROR_PIPE_BUSY)
            error = reach_wait_while_busy(path, deadline);
        if (error)
            return error;
    }
}

/* A service that starts or stops has its pipe, too: the client leaves, and looks again. */
static uint32_t reach_service(const char16_t *path, const struct reach_pipe *wanted,
                              uint64_t deadline, HANDLE *pipe, bool *is_foreign)
{
    for (;;) {
        CLEANUP_HANDLE HANDLE opened = NULL;
        uint32_t error = reach_try_until(path, wanted, deadline, &opened);
        if (error)
            return error;
        error = server_verify(wanted->instance, opened);
        if (error != ERROR_NOT_READY) {
            *is_foreign = error != 0;
            *pipe = error ? NULL : TAKE(opened);
            return error;
        }
        DWORD left = reach_time_until(deadline);
        if (left == 0)
            return WAIT_TIMEOUT;
        close_handle(&opened);
        reach_pause(left);
    }
}

uint32_t reach_open(const struct reach_pipe *wanted, uint64_t deadline, HANDLE *pipe,
                    bool *is_foreign)
{
    CLEANUP_HANDLE HANDLE opened = NULL;
    char16_t path_units[256];
    DWORD mode = PIPE_READMODE_MESSAGE;
    struct text path = TEXT_ON(path_units);
    text_append(&path, u"\\\\.\\pipe\\" PRODUCT_PIPE_FAMILY);
    text_append(&path, wanted->instance);
    text_append(&path, u"\\");
    text_append(&path, wanted->name);
    *is_foreign = false;
    if (path.truncated)
        return ERROR_INVALID_NAME;
    uint32_t error = reach_service(path.units, wanted, deadline, &opened, is_foreign);
    if (!error && !SetNamedPipeHandleState(opened, &mode, NULL, NULL))
        error = GetLastError();
    if (!error)
        *pipe = TAKE(opened);
    return error;
}

uint32_t reach_finish(HANDLE pipe, OVERLAPPED *operation, uint64_t deadline, DWORD *done)
{
    const bool late =
        WaitForSingleObject(operation->hEvent, reach_time_until(deadline)) != WAIT_OBJECT_0;
    if (late)
        CancelIoEx(pipe, operation);
    if (GetOverlappedResult(pipe, operation, done, TRUE))
        return 0; /* also if it was completed just before the cancellation */
    uint32_t error = GetLastError();
    return late && error == ERROR_OPERATION_ABORTED ? WAIT_TIMEOUT : error;
}
