/* SPDX-License-Identifier: MIT */
/* bench-echo.exe <pipe> <openvpn.exe> <config> [route]: a minimal service.
 *
 * Creates a session pipe like the service's own (message mode, overlapped, one event for each
 * direction), starts openvpn.exe with the other end, and acknowledges every message with success.
 * With "route" it first passes the message's route to Windows with one call: without check, memory
 * or undo. Ends with openvpn.exe. */
#include "tests/bench/session.h"

#include <stdio.h>

enum { LINE_UNITS = 4 * MAX_PATH };

static bool start(struct session *session, wchar_t **arguments)
{
    wchar_t line[LINE_UNITS];
    DWORD process;
    int length =
        _snwprintf(line, LINE_UNITS, L"\"%ls\" --config \"%ls\"", arguments[2], arguments[3]);
    return length >= 0 && length < LINE_UNITS && session_open(session, arguments[1]) &&
           !session_start_child(session, arguments[1], arguments[2], line, NULL, &process);
}

int wmain(int count, wchar_t **arguments);

int wmain(int count, wchar_t **arguments)
{
    static struct session session;
    const struct route_request *request = &session.request.route;
    bool asks = count == 5 && wcscmp(arguments[4], L"route") == 0;
    uint32_t error;
    if ((count != 4 && !asks) || !start(&session, arguments))
        return 1;
    do {
        if (!session_read(&session))
            return 0;
        error = asks && is_route_request(request) ? ask_for_route(request) : 0;
    } while (session_answer(&session, error));
    return 0;
}
