/* SPDX-License-Identifier: MIT */
#include "tests/bench/session.h"

#include <stdio.h>

enum { QUOTA = 65536, LINE_UNITS = 32768 };

static SOCKADDR_INET address_of(uint16_t family, const uint8_t bytes[16])
{
    SOCKADDR_INET address = {.si_family = family};
    if (family == AF_INET6)
        memcpy(&address.Ipv6.sin6_addr, bytes, 16);
    else
        memcpy(&address.Ipv4.sin_addr, bytes, 4);
    return address;
}

bool is_route_request(const struct route_request *request)
{
    return request->header.type == ADD_ROUTE || request->header.type == DELETE_ROUTE;
}

MIB_IPFORWARD_ROW2 route_row(const struct route_request *request)
{
    return (MIB_IPFORWARD_ROW2){
        .InterfaceIndex = (NET_IFINDEX)request->interface_index,
        .DestinationPrefix.Prefix = address_of(request->family, request->prefix),
        .DestinationPrefix.PrefixLength = (UINT8)request->prefix_length,
        .NextHop = address_of(request->family, request->gateway),
        .ValidLifetime = 0xffffffff,
        .PreferredLifetime = 0xffffffff,
        .Metric = (ULONG)request->metric,
        .Protocol = (NL_ROUTE_PROTOCOL)MIB_IPPROTO_NETMGMT,
    };
}

uint32_t ask_for_route(const struct route_request *request)
{
    MIB_IPFORWARD_ROW2 row = route_row(request);
    return request->header.type == ADD_ROUTE ? CreateIpForwardEntry2(&row)
                                             : DeleteIpForwardEntry2(&row);
}

bool session_read(struct session *session)
{
    HANDLE events[] = {session->reading.hEvent, session->child};
    DWORD size;
    if (!ReadFile(session->pipe, session->request.bytes, sizeof(session->request), NULL,
                  &session->reading)) {
        if (GetLastError() != ERROR_IO_PENDING)
            return false;
        if (WaitForMultipleObjects(2, events, FALSE, INFINITE) != WAIT_OBJECT_0)
            return false;
    }
    return GetOverlappedResult(session->pipe, &session->reading, &size, TRUE);
}

bool session_answer(struct session *session, uint32_t error)
{
    DWORD size;
    session->answer = (struct acknowledgement){
        .header = {.size = sizeof(session->answer), .id = session->request.route.header.id},
        .error = (int32_t)error,
    };
    return WriteFile(session->pipe, &session->answer, sizeof(session->answer), NULL,
                     &session->writing) ||
           (GetLastError() == ERROR_IO_PENDING &&
            GetOverlappedResult(session->pipe, &session->writing, &size, TRUE));
}

static uint32_t start_with(HANDLE channel, const wchar_t *program, const wchar_t *line,
                           SECURITY_ATTRIBUTES *security, PROCESS_INFORMATION *started)
{
    STARTUPINFOW info = {.cb = sizeof(info)};
    DWORD mode = PIPE_READMODE_MESSAGE;
    wchar_t whole[LINE_UNITS];
    int length = _snwprintf(whole, LINE_UNITS, L"%ls --msg-channel %llu", line,
                            (unsigned long long)(uintptr_t)channel);
    if (length < 0 || length >= LINE_UNITS)
        return ERROR_FILENAME_EXCED_RANGE;
    if (!SetNamedPipeHandleState(channel, &mode, NULL, NULL) ||
        !CreateProcessW(program, whole, security, NULL, TRUE, 0, NULL, NULL, &info, started))
        return GetLastError();
    CloseHandle(started->hThread);
    return 0;
}

uint32_t session_start_child(struct session *session, const wchar_t *pipe_name,
                             const wchar_t *program, const wchar_t *line,
                             SECURITY_ATTRIBUTES *security, DWORD *process)
{
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof(inheritable), .bInheritHandle = TRUE};
    PROCESS_INFORMATION started;
    HANDLE channel = CreateFileW(pipe_name, GENERIC_READ | GENERIC_WRITE, 0, &inheritable,
                                 OPEN_EXISTING, 0, NULL);
    if (channel == INVALID_HANDLE_VALUE)
        return GetLastError();
    uint32_t error = start_with(channel, program, line, security, &started);
    CloseHandle(channel);
    if (error)
        return error;
    session->child = started.hProcess;
    *process = started.dwProcessId;
    return 0;
}

bool session_open(struct session *session, const wchar_t *pipe_name)
{
    session->pipe = CreateNamedPipeW(
        pipe_name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE | FILE_FLAG_OVERLAPPED,
        PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT, 1, QUOTA, QUOTA, 0, NULL);
    session->reading.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    session->writing.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    return session->pipe != INVALID_HANDLE_VALUE && session->reading.hEvent &&
           session->writing.hEvent;
}
