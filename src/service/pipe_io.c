/* SPDX-License-Identifier: MIT */
#include "service/pipe_io.h"

#include "base/array.h"
#include "base/win32/handles.h"

uint32_t pipe_open(struct pipe *pipe, HANDLE handle)
{
    OVERLAPPED *const operations[] = {&pipe->reading, &pipe->writes[0].overlapped,
                                      &pipe->writes[1].overlapped};
    pipe->handle = handle;
    for (size_t i = 0; i < ARRAY_COUNT(operations); i++) {
        operations[i]->hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
        if (!operations[i]->hEvent)
            return GetLastError();
    }
    return 0;
}

/* Waits for the end of the cancelled operation: until then Windows may use its buffer and event. */
static void cancel_operation(struct pipe *pipe, OVERLAPPED *operation, bool *is_outstanding)
{
    DWORD ignored;
    if (!*is_outstanding)
        return;
    CancelIoEx(pipe->handle, operation);
    GetOverlappedResult(pipe->handle, operation, &ignored, TRUE);
    *is_outstanding = false;
}

void pipe_close(struct pipe *pipe)
{
    cancel_operation(pipe, &pipe->reading, &pipe->is_reading);
    close_handle(&pipe->reading.hEvent);
    for (size_t i = 0; i < ARRAY_COUNT(pipe->writes); i++) {
        struct pipe_write *write = &pipe->writes[i];
        cancel_operation(pipe, &write->overlapped, &write->is_outstanding);
        close_handle(&write->overlapped.hEvent);
    }
    close_handle(&pipe->handle);
}

void pipe_disconnect(struct pipe *pipe)
{
    if (pipe->handle)
        DisconnectNamedPipe(pipe->handle);
    pipe_close(pipe);
}

static uint32_t operation_result(struct pipe *pipe, OVERLAPPED *operation, uint32_t *got)
{
    DWORD size = 0;
    uint32_t error = 0;
    if (!GetOverlappedResult(pipe->handle, operation, &size, TRUE))
        error = GetLastError();
    *got = size;
    return error;
}

uint32_t pipe_read_begin(struct pipe *pipe, void *buffer, uint32_t size, uint32_t *got)
{
    *got = 0;
    if (!ReadFile(pipe->handle, buffer, size, NULL, &pipe->reading)) {
        uint32_t error = GetLastError();
        pipe->is_reading = error == ERROR_IO_PENDING;
        *got = error == ERROR_MORE_DATA ? size : 0;
        return error;
    }
    return operation_result(pipe, &pipe->reading, got);
}

uint32_t pipe_read_end(struct pipe *pipe, uint32_t *got)
{
    pipe->is_reading = false;
    return operation_result(pipe, &pipe->reading, got);
}

uint32_t pipe_read(struct pipe *pipe, void *buffer, uint32_t size, uint32_t milliseconds,
                   HANDLE stop, uint32_t *got)
{
    HANDLE events[] = {pipe->reading.hEvent, stop};
    uint32_t error = pipe_read_begin(pipe, buffer, size, got);
    if (error != ERROR_IO_PENDING)
        return error;
    DWORD which = WaitForMultipleObjects(2, events, FALSE, milliseconds);
    if (which != WAIT_OBJECT_0)
        CancelIoEx(pipe->handle, &pipe->reading);

    /* The read may have succeeded in the instant before it was cancelled. */
    error = pipe_read_end(pipe, got);
    if (error != ERROR_OPERATION_ABORTED)
        return error;
    return which == WAIT_OBJECT_0 + 1 ? ERROR_CANCELLED : WAIT_TIMEOUT;
}

void pipe_discard(struct pipe *pipe, uint32_t milliseconds, HANDLE stop)
{
    enum { CHUNK = 4096, CHUNKS = 256 };
    unsigned char chunk[CHUNK];
    const ULONGLONG end = GetTickCount64() + milliseconds;
    uint32_t error = ERROR_MORE_DATA, ignored;
    for (int i = 0; i < CHUNKS && error == ERROR_MORE_DATA; i++) {
        ULONGLONG now = GetTickCount64();
        if (now >= end)
            break;
        error = pipe_read(pipe, chunk, CHUNK, (uint32_t)(end - now), stop, &ignored);
    }
    SecureZeroMemory(chunk, sizeof(chunk));
}

void pipe_write_begin(struct pipe *pipe, const void *bytes, uint32_t size)
{
    struct pipe_write *write = &pipe->writes[pipe->writes[0].is_outstanding ? 1 : 0];
    pipe->last_write = write;
    write->error = 0;
    if (!WriteFile(pipe->handle, bytes, size, NULL, &write->overlapped)) {
        write->error = GetLastError();
        write->is_outstanding = write->error == ERROR_IO_PENDING;
    }
}

uint32_t pipe_write_end(struct pipe *pipe, uint32_t milliseconds)
{
    struct pipe_write *write = pipe->last_write;
    uint32_t ignored;
    if (!write)
        return 0;
    if (!write->is_outstanding)
        return write->error;
    if (WaitForSingleObject(write->overlapped.hEvent, milliseconds) != WAIT_OBJECT_0)
        CancelIoEx(pipe->handle, &write->overlapped);
    write->is_outstanding = false;
    uint32_t error = operation_result(pipe, &write->overlapped, &ignored);
    return error == ERROR_OPERATION_ABORTED ? WAIT_TIMEOUT : error;
}
