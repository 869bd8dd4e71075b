/* SPDX-License-Identifier: MIT */
#include "objects.h"

#include <sddl.h>

enum { PIPE_BUFFER = 65536 };

/* Waits for an overlapped operation: 0, ERROR_MORE_DATA, WAIT_TIMEOUT (it is then cancelled),
 * ERROR_OPERATION_ABORTED (the object is being closed) or the system's error. An operation that
 * completes while it is being cancelled counts as completed. */
static uint32_t finish(const struct object *pipe, OVERLAPPED *overlapped, BOOL done, DWORD timeout,
                       DWORD *count)
{
    DWORD error = done ? 0 : GetLastError(), outcome = WAIT_OBJECT_0;
    if (error == ERROR_IO_PENDING) {
        HANDLE ends[] = {overlapped->hEvent, pipe->closing};
        outcome = WaitForMultipleObjects(2, ends, FALSE, timeout);
        if (outcome != WAIT_OBJECT_0)
            CancelIoEx(pipe->handle, overlapped);
    } else if (error && error != ERROR_MORE_DATA) {
        return error;
    }
    if (GetOverlappedResult(pipe->handle, overlapped, count, TRUE))
        return 0;
    error = GetLastError();
    return error == ERROR_OPERATION_ABORTED && outcome == WAIT_TIMEOUT ? WAIT_TIMEOUT : error;
}

static DWORD request_timeout(const struct request *request)
{
    return request_number(request, "timeout", 5000);
}

static HANDLE open_when_free(const wchar_t *name, DWORD access, DWORD share, DWORD flags,
                             DWORD timeout)
{
    for (;;) {
        HANDLE pipe = CreateFileW(name, access, share, NULL, OPEN_EXISTING, flags, NULL);
        if (pipe != INVALID_HANDLE_VALUE || GetLastError() != ERROR_PIPE_BUSY)
            return pipe;
        if (!WaitNamedPipeW(name, timeout))
            return INVALID_HANDLE_VALUE;
    }
}

/* name, access, share, flags (SECURITY_SQOS_PRESENT and its levels), mode (PIPE_READMODE_*;
 * missing: unchanged), timeout for a free instance. */
static uint32_t pipe_connect(struct request *request)
{
    CLEANUP_FREE wchar_t *name = request_needed_text(request, "name");
    if (!name)
        return ERROR_INVALID_PARAMETER;
    CLEANUP_HANDLE HANDLE pipe = open_when_free(
        name, request_number(request, "access", GENERIC_READ | GENERIC_WRITE),
        request_number(request, "share", 0),
        request_number(request, "flags", 0) | FILE_FLAG_OVERLAPPED, request_timeout(request));
    if (pipe == INVALID_HANDLE_VALUE)
        return request_last_error(request, "CreateFile");
    DWORD mode = request_number(request, "mode", MAXDWORD);
    if (mode != MAXDWORD && !SetNamedPipeHandleState(pipe, &mode, NULL, NULL))
        return request_last_error(request, "SetNamedPipeHandleState");
    ULONG server = 0;
    if (GetNamedPipeServerProcessId(pipe, &server))
        result_number(request, "server", server);
    object_add(request, TAKE(pipe));
    return 0;
}

/* name, timeout: waits until somebody listens there, and connects to nobody. */
static uint32_t pipe_wait(struct request *request)
{
    CLEANUP_FREE wchar_t *name = request_needed_text(request, "name");
    if (!name)
        return ERROR_INVALID_PARAMETER;
    if (!WaitNamedPipeW(name, request_timeout(request)))
        return request_last_error(request, "WaitNamedPipe");
    return 0;
}

static void cleanup_descriptor(PSECURITY_DESCRIPTOR *descriptor)
{
    LocalFree(*descriptor);
}

/* name, open_mode, pipe_mode, instances, in, out, sddl: the arguments of CreateNamedPipe. */
static uint32_t pipe_create(struct request *request)
{
    CLEANUP_FREE wchar_t *name = request_needed_text(request, "name");
    CLEANUP_FREE wchar_t *sddl = request_text(request, "sddl");
    if (!name)
        return ERROR_INVALID_PARAMETER;
    CLEANUP(cleanup_descriptor) PSECURITY_DESCRIPTOR descriptor = NULL;
    if (sddl && !ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl, SDDL_REVISION_1,
                                                                      &descriptor, NULL))
        return request_last_error(request, "ConvertStringSecurityDescriptorToSecurityDescriptor");
    SECURITY_ATTRIBUTES attributes = {sizeof(attributes), descriptor, FALSE};
    HANDLE pipe = CreateNamedPipeW(
        name, request_number(request, "open_mode", PIPE_ACCESS_DUPLEX) | FILE_FLAG_OVERLAPPED,
        request_number(request, "pipe_mode", PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE),
        request_number(request, "instances", PIPE_UNLIMITED_INSTANCES),
        request_number(request, "out", PIPE_BUFFER), request_number(request, "in", PIPE_BUFFER), 0,
        descriptor ? &attributes : NULL);
    if (pipe == INVALID_HANDLE_VALUE)
        return request_last_error(request, "CreateNamedPipe");
    object_add(request, pipe);
    return 0;
}

static uint32_t pipe_accept(struct request *request)
{
    CLEANUP_OBJECT struct object *object = object_hold(request);
    CLEANUP_HANDLE HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!object || !event)
        return ERROR_INVALID_HANDLE;
    OVERLAPPED overlapped = {.hEvent = event};
    DWORD count = 0;
    BOOL done = ConnectNamedPipe(object->handle, &overlapped);
    uint32_t error = !done && GetLastError() == ERROR_PIPE_CONNECTED
                         ? 0
                         : finish(object, &overlapped, done, request_timeout(request), &count);
    if (error)
        return request_error(request, "ConnectNamedPipe", error);
    ULONG client = 0;
    if (GetNamedPipeClientProcessId(object->handle, &client))
        result_number(request, "client", client);
    return 0;
}

static uint32_t pipe_disconnect(struct request *request)
{
    CLEANUP_OBJECT struct object *object = object_hold(request);
    if (!object)
        return ERROR_INVALID_HANDLE;
    if (!DisconnectNamedPipe(object->handle))
        return request_last_error(request, "DisconnectNamedPipe");
    return 0;
}

static uint32_t pipe_write(struct request *request)
{
    CLEANUP_OBJECT struct object *object = object_hold(request);
    CLEANUP_HANDLE HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!object || !event)
        return ERROR_INVALID_HANDLE;
    size_t size = 0;
    CLEANUP_FREE uint8_t *bytes = request_bytes(request, "data", &size);
    if (!bytes)
        return request_error(request, "data", ERROR_INVALID_PARAMETER);
    OVERLAPPED overlapped = {.hEvent = event};
    DWORD count = 0;
    BOOL done = WriteFile(object->handle, bytes, (DWORD)size, NULL, &overlapped);
    uint32_t error = finish(object, &overlapped, done, request_timeout(request), &count);
    result_number(request, "count", count);
    return request_error(request, "WriteFile", error);
}

/* One whole message of any length or, in byte mode, the result of one read. */
static uint32_t pipe_read(struct request *request)
{
    CLEANUP_OBJECT struct object *object = object_hold(request);
    CLEANUP_HANDLE HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!object || !event)
        return ERROR_INVALID_HANDLE;
    size_t capacity = request_number(request, "capacity", PIPE_BUFFER), size = 0;
    CLEANUP_FREE uint8_t *bytes = allocate(capacity);
    uint32_t error;
    do {
        OVERLAPPED overlapped = {.hEvent = event};
        DWORD count = 0;
        BOOL done =
            ReadFile(object->handle, bytes + size, (DWORD)(capacity - size), NULL, &overlapped);
        error = finish(object, &overlapped, done, request_timeout(request), &count);
        size += count;
        if (error == ERROR_MORE_DATA) {
            capacity = 2 * capacity + 1;
            uint8_t *larger = allocate(capacity);
            CopyMemory(larger, bytes, size);
            free(bytes);
            bytes = larger;
        }
    } while (error == ERROR_MORE_DATA);
    if (!error)
        result_bytes(request, "data", bytes, size);
    return request_error(request, "ReadFile", error);
}

static uint32_t pipe_peek(struct request *request)
{
    CLEANUP_OBJECT struct object *object = object_hold(request);
    if (!object)
        return ERROR_INVALID_HANDLE;
    DWORD available = 0, message = 0;
    if (!PeekNamedPipe(object->handle, NULL, 0, NULL, &available, &message))
        return request_last_error(request, "PeekNamedPipe");
    result_number(request, "available", available);
    result_number(request, "message", message);
    return 0;
}

/* The arguments with which the server created the pipe. */
static uint32_t pipe_info(struct request *request)
{
    CLEANUP_OBJECT struct object *object = object_hold(request);
    if (!object)
        return ERROR_INVALID_HANDLE;
    DWORD flags = 0, out = 0, in = 0, instances = 0;
    if (!GetNamedPipeInfo(object->handle, &flags, &out, &in, &instances))
        return request_last_error(request, "GetNamedPipeInfo");
    ULONG server = 0, client = 0;
    GetNamedPipeServerProcessId(object->handle, &server);
    GetNamedPipeClientProcessId(object->handle, &client);
    result_number(request, "flags", flags);
    result_number(request, "out", out);
    result_number(request, "in", in);
    result_number(request, "instances", instances);
    result_number(request, "server", server);
    result_number(request, "client", client);
    return 0;
}

/* "level": how far the server may act as the client (SecurityAnonymous is 0, ...). Windows tells it
 * when the client has written something. */
static uint32_t pipe_level(struct request *request)
{
    CLEANUP_OBJECT struct object *object = object_hold(request);
    if (!object)
        return ERROR_INVALID_HANDLE;
    if (!ImpersonateNamedPipeClient(object->handle))
        return request_last_error(request, "ImpersonateNamedPipeClient");
    CLEANUP_HANDLE HANDLE token = NULL;
    uint32_t error = 0;
    if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token))
        error = request_last_error(request, "OpenThreadToken");
    if (!RevertToSelf())
        ExitProcess(GetLastError()); /* this thread serves other requests, too */
    SECURITY_IMPERSONATION_LEVEL level = SecurityAnonymous;
    DWORD size;
    /* An anonymous token can't be opened. */
    if (error && error != ERROR_CANT_OPEN_ANONYMOUS)
        return error;
    if (!error &&
        !GetTokenInformation(token, TokenImpersonationLevel, &level, sizeof(level), &size))
        return request_last_error(request, "GetTokenInformation");
    result_number(request, "level", level);
    return 0;
}

const struct operation pipe_operations[] = {
    {"pipe_connect", pipe_connect},
    {"pipe_wait", pipe_wait},
    {"pipe_create", pipe_create},
    {"pipe_accept", pipe_accept},
    {"pipe_disconnect", pipe_disconnect},
    {"pipe_write", pipe_write},
    {"pipe_read", pipe_read},
    {"pipe_peek", pipe_peek},
    {"pipe_info", pipe_info},
    {"pipe_level", pipe_level},
    {NULL, NULL},
};
