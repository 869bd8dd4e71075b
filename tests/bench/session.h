/* SPDX-License-Identifier: MIT */
/* session.h: the session channel of a service that only adds and deletes routes: no check, no
 * memory, no undo. For programs that Gatehouse is compared with, or tested over. */
#ifndef TESTS_BENCH_SESSION_H
#define TESTS_BENCH_SESSION_H

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#include <netioapi.h>

#include <stdbool.h>
#include <stdint.h>

enum { ADD_ROUTE = 3, DELETE_ROUTE = 4 };

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

struct session {
    HANDLE pipe;
    HANDLE child;
    OVERLAPPED reading, writing;
    union {
        struct route_request route;
        uint8_t bytes[8192];
    } request;
    struct acknowledgement answer;
};

/* Creates the pipe and its events. */
bool session_open(struct session *session, const wchar_t *pipe_name);

/* Starts `program` with the client's end of the pipe, which it inherits: `line` is its command
 * line, to which --msg-channel is added. `security` is that of the process, or NULL. Only one
 * thread may be here at a time, because a child inherits what is inheritable. Returns 0 or a Win32
 * error code; `process` gets the process id. */
uint32_t session_start_child(struct session *session, const wchar_t *pipe_name,
                             const wchar_t *program, const wchar_t *line,
                             SECURITY_ATTRIBUTES *security, DWORD *process);

/* Reads the next request. False when the other end, or openvpn.exe, has ended. */
bool session_read(struct session *session);

/* Writes the acknowledgement of the request that was read last. */
bool session_answer(struct session *session, uint32_t error);

bool is_route_request(const struct route_request *request);

/* The route as Windows takes it. */
MIB_IPFORWARD_ROW2 route_row(const struct route_request *request);

/* Adds or deletes it with one call. Returns a Win32 error code. */
uint32_t ask_for_route(const struct route_request *request);

#endif
