/* SPDX-License-Identifier: MIT */
#include "service/startup/child_pipes.h"

#include "base/win32/handles.h"
#include "service/names.h"

#include <sddl.h>

/* Room for 2,048 acknowledgements. openvpn.exe waits for each of them, but another client may send
 * many requests before it reads, and must not block in a write while the service blocks in another.
 * Windows reserves nothing for a quota until it is used. */
enum { QUOTA = 65536 };

/* The child inherits its end, so that nobody but the service ever opens this pipe. */
static const char16_t CHANNEL_SDDL[] = u"D:P(A;;GA;;;SY)";

static struct failure open_null_device(struct child_pipes *pipes)
{
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof(inheritable), .bInheritHandle = TRUE};
    pipes->null = CreateFileW(u"\\\\.\\NUL", GENERIC_WRITE, FILE_SHARE_WRITE, &inheritable,
                              OPEN_EXISTING, 0, NULL);
    return pipes->null == INVALID_HANDLE_VALUE ? last_failure(u"CreateFile for stdout")
                                               : NO_FAILURE;
}

static struct failure make_input_pipe(uint32_t size, struct child_pipes *pipes)
{
    /* Zero would mean the system's default. */
    if (!CreatePipe(&pipes->input, &pipes->input_writer, NULL, size ? size : 1) ||
        !SetHandleInformation(pipes->input, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT))
        return last_failure(u"CreatePipe");
    return NO_FAILURE;
}

static struct failure make_session_pipe(const char16_t *name, struct child_pipes *pipes)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(CHANNEL_SDDL, SDDL_REVISION_1,
                                                              &descriptor, NULL))
        return last_failure(u"ConvertSDDL");
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes),
                                      .lpSecurityDescriptor = descriptor};
    pipes->channel_ours = CreateNamedPipeW(
        name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE | FILE_FLAG_OVERLAPPED,
        PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS, 1,
        QUOTA, QUOTA, 0, &attributes);
    return pipes->channel_ours == INVALID_HANDLE_VALUE ? last_failure(u"CreateNamedPipe")
                                                       : NO_FAILURE;
}

static struct failure open_session_pipe(const char16_t *name, struct child_pipes *pipes)
{
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof(inheritable), .bInheritHandle = TRUE};
    DWORD mode = PIPE_READMODE_MESSAGE;
    ULONG client = 0;
    pipes->channel =
        CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, &inheritable, OPEN_EXISTING, 0, NULL);
    if (pipes->channel == INVALID_HANDLE_VALUE)
        return last_failure(u"CreateFile");

    /* Another process may have guessed the name and connected first. */
    if (!GetNamedPipeClientProcessId(pipes->channel_ours, &client) ||
        client != GetCurrentProcessId())
        return failure_of(ERROR_ACCESS_DENIED, u"CreateFile");
    if (!SetNamedPipeHandleState(pipes->channel, &mode, NULL, NULL))
        return last_failure(u"SetNamedPipeHandleState");
    return NO_FAILURE;
}

struct failure child_pipes_make(const char16_t *instance, uint32_t input_size,
                                struct child_pipes *pipes)
{
    char16_t name[NAME_UNITS];
    struct failure failure = open_null_device(pipes);
    if (!failed(failure))
        failure = make_input_pipe(input_size, pipes);
    if (failed(failure))
        return failure;
    uint32_t error = name_of_session_pipe(instance, name);
    if (error)
        return failure_of(error, u"UuidCreate");
    failure = make_session_pipe(name, pipes);
    return failed(failure) ? failure : open_session_pipe(name, pipes);
}

void child_pipes_free(struct child_pipes *pipes)
{
    close_handle(&pipes->null);
    close_handle(&pipes->input);
    close_handle(&pipes->input_writer);
    close_handle(&pipes->channel);
    close_handle(&pipes->channel_ours);
}
