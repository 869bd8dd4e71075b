/* SPDX-License-Identifier: MIT */
/* bench-echo.exe <pipe> <openvpn.exe> <config> [route]: a minimal service.
 *
 * Creates a session pipe like the service's own (message mode, overlapped, one event for each
 * direction), starts openvpn.exe with the other end, and acknowledges every message with success.
 * With "route" it first passes the message's route to Windows with one call: without check, memory
 * or undo. Ends with openvpn.exe. */
#include "base/cleanup.h"

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#include <netioapi.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { QUOTA = 65536, ADD_ROUTE = 3, DELETE_ROUTE = 4, LINE_UNITS = 4 * MAX_PATH };

/* add_route and delete_route in the layout of a 64-bit openvpn.exe: docs/protocol.md. */
struct header {
    int32_t type;
    uint32_t gap;
    uint64_t size;
    int32_t id;
    uint32_t second_gap;
};

struct route_request {
    struct header header;
    uint16_t family;
    uint16_t gap;
    uint8_t prefix[16];
    int32_t prefix_length;
    uint8_t gateway[16];
    int32_t interface_index;
    char interface_name[256];
    int32_t metric;
};
_Static_assert(sizeof(struct route_request) == 328, "as openvpn.exe lays it out");

struct acknowledgement {
    struct header header;
    int32_t error;
    uint32_t gap;
};

struct echo {
    HANDLE pipe;
    HANDLE child;
    OVERLAPPED reading, writing;
    union {
        struct route_request route;
        uint8_t bytes[8192];
    } request;
    struct acknowledgement answer;
};

static SOCKADDR_INET address_of(uint16_t family, const uint8_t bytes[16])
{
    SOCKADDR_INET address = {.si_family = family};
    if (family == AF_INET6)
        memcpy(&address.Ipv6.sin6_addr, bytes, 16);
    else
        memcpy(&address.Ipv4.sin_addr, bytes, 4);
    return address;
}

static uint32_t ask_for_route(const struct route_request *request)
{
    MIB_IPFORWARD_ROW2 row = {
        .InterfaceIndex = (NET_IFINDEX)request->interface_index,
        .DestinationPrefix.Prefix = address_of(request->family, request->prefix),
        .DestinationPrefix.PrefixLength = (UINT8)request->prefix_length,
        .NextHop = address_of(request->family, request->gateway),
        .ValidLifetime = 0xffffffff,
        .PreferredLifetime = 0xffffffff,
        .Metric = (ULONG)request->metric,
        .Protocol = (NL_ROUTE_PROTOCOL)MIB_IPPROTO_NETMGMT,
    };
    return request->header.type == ADD_ROUTE ? CreateIpForwardEntry2(&row)
                                             : DeleteIpForwardEntry2(&row);
}

static void make_answer(struct echo *echo, bool asks)
{
    const struct header *header = &echo->request.route.header;
    echo->answer = (struct acknowledgement){
        .header = {.size = sizeof(echo->answer), .id = header->id},
    };
    if (asks && (header->type == ADD_ROUTE || header->type == DELETE_ROUTE))
        echo->answer.error = (int32_t)ask_for_route(&echo->request.route);
}

/* False when the other end, or openvpn.exe, has ended. */
static bool read_request(struct echo *echo)
{
    HANDLE events[] = {echo->reading.hEvent, echo->child};
    DWORD size;
    if (!ReadFile(echo->pipe, echo->request.bytes, sizeof(echo->request), NULL, &echo->reading)) {
        if (GetLastError() != ERROR_IO_PENDING)
            return false;
        if (WaitForMultipleObjects(2, events, FALSE, INFINITE) != WAIT_OBJECT_0)
            return false;
    }
    return GetOverlappedResult(echo->pipe, &echo->reading, &size, TRUE);
}

static bool write_answer(struct echo *echo)
{
    DWORD size;
    return WriteFile(echo->pipe, &echo->answer, sizeof(echo->answer), NULL, &echo->writing) ||
           (GetLastError() == ERROR_IO_PENDING &&
            GetOverlappedResult(echo->pipe, &echo->writing, &size, TRUE));
}

/* Starts openvpn.exe with the client's end of the pipe, which it inherits. */
static bool start_child(struct echo *echo, wchar_t **arguments)
{
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof(inheritable), .bInheritHandle = TRUE};
    STARTUPINFOW info = {.cb = sizeof(info)};
    PROCESS_INFORMATION started;
    DWORD mode = PIPE_READMODE_MESSAGE;
    wchar_t line[LINE_UNITS];

    HANDLE channel = CreateFileW(arguments[1], GENERIC_READ | GENERIC_WRITE, 0, &inheritable,
                                 OPEN_EXISTING, 0, NULL);
    if (channel == INVALID_HANDLE_VALUE || !SetNamedPipeHandleState(channel, &mode, NULL, NULL))
        return false;
    int length = _snwprintf(line, LINE_UNITS, L"\"%ls\" --config \"%ls\" --msg-channel %llu",
                            arguments[2], arguments[3], (unsigned long long)(uintptr_t)channel);
    if (length < 0 || length >= LINE_UNITS ||
        !CreateProcessW(arguments[2], line, NULL, NULL, TRUE, 0, NULL, NULL, &info, &started))
        return false;
    CloseHandle(channel);
    CloseHandle(started.hThread);
    echo->child = started.hProcess;
    return true;
}

static bool open_pipe(struct echo *echo, const wchar_t *name)
{
    echo->pipe = CreateNamedPipeW(
        name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE | FILE_FLAG_OVERLAPPED,
        PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT, 1, QUOTA, QUOTA, 0, NULL);
    echo->reading.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    echo->writing.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    return echo->pipe != INVALID_HANDLE_VALUE && echo->reading.hEvent && echo->writing.hEvent;
}

int wmain(int count, wchar_t **arguments);

int wmain(int count, wchar_t **arguments)
{
    static struct echo echo;
    bool asks = count == 5 && wcscmp(arguments[4], L"route") == 0;
    if ((count != 4 && !asks) || !open_pipe(&echo, arguments[1]) || !start_child(&echo, arguments))
        return 1;
    do {
        if (!read_request(&echo))
            return 0;
        make_answer(&echo, asks);
    } while (write_answer(&echo));
    return 0;
}
