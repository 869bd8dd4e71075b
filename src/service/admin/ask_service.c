/* SPDX-License-Identifier: MIT */
#include "service/admin/ask_service.h"

#include "base/errors.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "service/names.h"
#include "service/pipe_io.h"
#include "wire/control_reply.h"
#include "wire/control_request.h"

/* Not GENERIC_WRITE: it includes the right to make instances of the pipe, which only the service
 * has. Whoever serves the pipe learns who we are, and cannot act as us. */
static uint32_t open_control_pipe(const char16_t *instance, HANDLE *handle)
{
    char16_t name[NAME_UNITS];
    DWORD mode = PIPE_READMODE_MESSAGE;
    name_of_control_pipe(instance, name);
    if (!WaitNamedPipeW(name, PIPE_TIMEOUT_MILLISECONDS))
        return GetLastError();
    *handle = CreateFileW(
        name, GENERIC_READ | FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES, 0, NULL, OPEN_EXISTING,
        FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
    if (*handle != INVALID_HANDLE_VALUE && SetNamedPipeHandleState(*handle, &mode, NULL, NULL))
        return 0;
    uint32_t error = GetLastError();
    close_handle(handle);
    return error;
}

static uint32_t check_server(HANDLE handle, uint32_t process_id)
{
    ULONG server = 0;
    if (!GetNamedPipeServerProcessId(handle, &server))
        return GetLastError();
    return server == process_id ? 0 : (uint32_t)ERROR_WRONG_TARGET_NAME;
}

static uint32_t send_verb(struct pipe *pipe, const char16_t *verb)
{
    const struct control_request request = {1, {verb}};
    char16_t units[CONTROL_REQUEST_MAX_UNITS];
    size_t size = control_request_encode(&request, units, CONTROL_REQUEST_MAX_UNITS);
    pipe_write_begin(pipe, units, (uint32_t)size);
    return pipe_write_end(pipe, PIPE_TIMEOUT_MILLISECONDS);
}

static uint32_t read_code(struct pipe *pipe, uint32_t milliseconds)
{
    CLEANUP_HANDLE HANDLE never = CreateEventW(NULL, TRUE, FALSE, NULL);
    CLEANUP_FREE char16_t *units = malloc(CONTROL_REPLY_MAX_UNITS * sizeof(*units));
    struct control_answer answer;
    uint32_t size;
    if (!never || !units)
        return ERROR_NOT_ENOUGH_MEMORY;
    uint32_t error = pipe_read(pipe, units, CONTROL_REPLY_MAX_UNITS * sizeof(*units), milliseconds,
                               never, &size);
    if (error)
        return error;
    return control_answer_read(units, size / sizeof(*units), &answer)
               ? answer.code
               : (uint32_t)ERROR_INVALID_DATA;
}

uint32_t ask_service(const char16_t *instance, uint32_t process_id, const char16_t *verb,
                     uint32_t milliseconds)
{
    CLEANUP(pipe_close) struct pipe pipe = {0};
    CLEANUP_HANDLE HANDLE handle = NULL;
    uint32_t error = open_control_pipe(instance, &handle);
    if (!error)
        error = check_server(handle, process_id);
    if (!error)
        error = pipe_open(&pipe, TAKE(handle));
    if (!error)
        error = send_verb(&pipe, verb);
    /* A service that refuses a client before it reads may have closed its end. */
    if (error && error != ERROR_NO_DATA && error != ERROR_BROKEN_PIPE)
        return error;
    return read_code(&pipe, milliseconds);
}
