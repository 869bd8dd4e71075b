/* SPDX-License-Identifier: MIT */
/* stand-in.exe -instance interactive <id>: another interactive service, to test the benchmark and
 * the harness over. It adds and deletes routes, and deletes those of a session when it ends; it has
 * no journal, so a killed one leaves them, and its openvpn.exe goes on. Words in the name of its
 * file give it other habits that services have, for example stand-in+few+late.exe:
 *
 * babbles: start-up data gets an answer that is none.
 * dies: it ends when start-up data come.
 * few: more than ten clients are refused.
 * late: a session's routes are deleted a while after the client's pipe was closed.
 * leaves: they are never deleted.
 * mute: start-up data gets no answer.
 * protects: openvpn.exe cannot be opened by anyone but SYSTEM.
 * slow: start and stop take their time.
 * stubborn: it does not stop. */
#include "tests/bench/session.h"

#include <sddl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_UNITS = 32768,
    NAME_UNITS = 256,
    FEW = 10,
    LATE_MILLISECONDS = 1500,
    SLOW_MILLISECONDS = 12000,
    QUOTA = 4096,
};

static struct {
    wchar_t folder[MAX_PATH], name[NAME_UNITS], pipe[NAME_UNITS], habits[MAX_PATH];
    SERVICE_STATUS_HANDLE status;
    LONG clients, sessions;
    SRWLOCK starting; /* one openvpn.exe at a time: session_start_child() */
} service = {.starting = SRWLOCK_INIT};

struct routes {
    MIB_IPFORWARD_ROW2 *rows;
    size_t count, room;
};

static bool has_habit(const wchar_t *habit)
{
    return wcsstr(service.habits, habit) != NULL;
}

/* ---- routes ---- */

static bool is_same_route(const MIB_IPFORWARD_ROW2 *one, const MIB_IPFORWARD_ROW2 *other)
{
    return one->InterfaceIndex == other->InterfaceIndex &&
           memcmp(&one->DestinationPrefix, &other->DestinationPrefix,
                  sizeof(one->DestinationPrefix)) == 0 &&
           memcmp(&one->NextHop, &other->NextHop, sizeof(one->NextHop)) == 0;
}

static void remember_route(struct routes *routes, const MIB_IPFORWARD_ROW2 *row)
{
    if (routes->count == routes->room) {
        routes->room = routes->room ? 2 * routes->room : 64;
        routes->rows = realloc(routes->rows, routes->room * sizeof(*row));
        if (!routes->rows)
            abort();
    }
    routes->rows[routes->count++] = *row;
}

static void forget_route(struct routes *routes, const MIB_IPFORWARD_ROW2 *row)
{
    for (size_t i = 0; i < routes->count; i++)
        if (is_same_route(&routes->rows[i], row)) {
            memmove(&routes->rows[i], &routes->rows[i + 1], (--routes->count - i) * sizeof(*row));
            return;
        }
}

static uint32_t change_route(struct routes *routes, const struct route_request *request)
{
    MIB_IPFORWARD_ROW2 row = route_row(request);
    uint32_t error = ask_for_route(request);
    if (!error && request->header.type == ADD_ROUTE)
        remember_route(routes, &row);
    else if (!error)
        forget_route(routes, &row);
    return error;
}

static void delete_routes(struct routes *routes)
{
    while (routes->count && !has_habit(L"+leaves"))
        DeleteIpForwardEntry2(&routes->rows[--routes->count]);
    free(routes->rows);
}

/* ---- a client ---- */

static void reply(HANDLE client, const wchar_t *format, ...)
{
    wchar_t text[NAME_UNITS];
    DWORD size;
    va_list arguments;
    va_start(arguments, format);
    int length = _vsnwprintf(text, NAME_UNITS, format, arguments);
    va_end(arguments);
    if (length > 0)
        WriteFile(client, text, (DWORD)((size_t)length * sizeof(*text)), &size, NULL);
}

/* The options: the second string of the start-up data, which is zero behind what was read. */
static const wchar_t *read_options(HANDLE client, wchar_t *data)
{
    DWORD size;
    if (!ReadFile(client, data, (TEXT_UNITS - 2) * sizeof(*data), &size, NULL))
        return NULL;
    return data + wcslen(data) + 1;
}

static SECURITY_ATTRIBUTES *security_of_child(SECURITY_ATTRIBUTES *security)
{
    *security = (SECURITY_ATTRIBUTES){.nLength = sizeof(*security)};
    if (!has_habit(L"+protects") ||
        !ConvertStringSecurityDescriptorToSecurityDescriptorW(
            L"D:P(A;;GA;;;SY)", SDDL_REVISION_1, &security->lpSecurityDescriptor, NULL))
        return NULL;
    return security;
}

static uint32_t start_session(struct session *session, const wchar_t *options, DWORD *process)
{
    static wchar_t line[TEXT_UNITS + 16]; /* guarded by service.starting */
    wchar_t pipe[NAME_UNITS], program[MAX_PATH + 32];
    SECURITY_ATTRIBUTES security;
    _snwprintf(pipe, NAME_UNITS, L"%ls_%ld", service.pipe, InterlockedIncrement(&service.sessions));
    _snwprintf(program, ARRAYSIZE(program), L"%ls\\bin\\openvpn.exe", service.folder);
    if (!session_open(session, pipe))
        return GetLastError();
    AcquireSRWLockExclusive(&service.starting);
    _snwprintf(line, ARRAYSIZE(line), L"openvpn %ls", options);
    uint32_t error =
        session_start_child(session, pipe, program, line, security_of_child(&security), process);
    ReleaseSRWLockExclusive(&service.starting);
    return error;
}

static void close_session(struct session *session)
{
    CloseHandle(session->pipe);
    CloseHandle(session->reading.hEvent);
    CloseHandle(session->writing.hEvent);
    if (session->child)
        CloseHandle(session->child);
}

static void serve_session(HANDLE client, struct session *session, const wchar_t *options)
{
    const struct route_request *request = &session->request.route;
    struct routes routes = {0};
    DWORD process;
    uint32_t error = start_session(session, options, &process);
    if (error)
        reply(client, L"0x%08lx\r\nCreateProcess\r\n(null)", (unsigned long)error);
    else
        reply(client, L"0x00000000\n0x%08lx\nProcess ID", (unsigned long)process);
    while (!error && session_read(session))
        if (!session_answer(session,
                            is_route_request(request) ? change_route(&routes, request) : 0))
            break;
    if (session->child)
        WaitForSingleObject(session->child, INFINITE);
    if (!has_habit(L"+late"))
        delete_routes(&routes);
    FlushFileBuffers(client);
    DisconnectNamedPipe(client);
    if (has_habit(L"+late")) {
        Sleep(LATE_MILLISECONDS);
        delete_routes(&routes);
    }
}

static DWORD WINAPI serve(void *argument)
{
    HANDLE client = argument;
    wchar_t *data = calloc(TEXT_UNITS, sizeof(*data));
    struct session *session = calloc(1, sizeof(*session));
    const wchar_t *options;
    if (!data || !session)
        abort();
    if (InterlockedIncrement(&service.clients) > FEW && has_habit(L"+few")) {
        reply(client, L"0x0000022a\r\nToo many concurrent clients\r\n(null)");
        FlushFileBuffers(client);
        DisconnectNamedPipe(client);
    } else if ((options = read_options(client, data)) != NULL) {
        if (has_habit(L"+mute"))
            Sleep(INFINITE);
        if (has_habit(L"+dies"))
            TerminateProcess(GetCurrentProcess(), ERROR_PROCESS_ABORTED);
        if (has_habit(L"+babbles"))
            reply(client, L"\xFFFF\xD800 %s%n\n");
        serve_session(client, session, options);
        close_session(session);
    }
    CloseHandle(client);
    InterlockedDecrement(&service.clients);
    free(session);
    free(data);
    return 0;
}

/* ---- the service ---- */

static void report(DWORD state, DWORD hint)
{
    SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                             .dwCurrentState = state,
                             .dwControlsAccepted = SERVICE_ACCEPT_STOP,
                             .dwWaitHint = hint};
    SetServiceStatus(service.status, &status);
}

static DWORD WINAPI end(void *argument)
{
    (void)argument;
    report(SERVICE_STOP_PENDING, SLOW_MILLISECONDS);
    if (has_habit(L"+stubborn"))
        return 0;
    if (has_habit(L"+slow"))
        Sleep(SLOW_MILLISECONDS);
    report(SERVICE_STOPPED, 0);
    ExitProcess(0);
}

static DWORD WINAPI control(DWORD code, DWORD type, void *data, void *context)
{
    (void)type;
    (void)data;
    (void)context;
    if (code == SERVICE_CONTROL_STOP)
        CloseHandle(CreateThread(NULL, 0, end, NULL, 0, NULL));
    return 0;
}

static HANDLE next_instance(void)
{
    return CreateNamedPipeW(service.pipe, PIPE_ACCESS_DUPLEX,
                            PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT,
                            PIPE_UNLIMITED_INSTANCES, QUOTA, QUOTA, 0, NULL);
}

static void WINAPI service_main(DWORD count, wchar_t **arguments)
{
    (void)count;
    (void)arguments;
    service.status = RegisterServiceCtrlHandlerExW(service.name, control, NULL);
    report(SERVICE_START_PENDING, SLOW_MILLISECONDS);
    if (has_habit(L"+slow"))
        Sleep(SLOW_MILLISECONDS);
    HANDLE client = next_instance();
    report(SERVICE_RUNNING, 0);
    for (;;) {
        if (!ConnectNamedPipe(client, NULL) && GetLastError() != ERROR_PIPE_CONNECTED) {
            DisconnectNamedPipe(client); /* it has left already */
            continue;
        }
        HANDLE connected = client;
        client = next_instance();
        CloseHandle(CreateThread(NULL, 0, serve, connected, 0, NULL));
    }
}

int wmain(int count, wchar_t **arguments);

int wmain(int count, wchar_t **arguments)
{
    const SERVICE_TABLE_ENTRYW table[] = {{service.name, service_main}, {0}};
    if (count != 4 || !GetModuleFileNameW(NULL, service.folder, MAX_PATH))
        return 1;
    wchar_t *file = wcsrchr(service.folder, L'\\');
    wcscpy(service.habits, file + 1);
    *file = L'\0';
    _snwprintf(service.name, NAME_UNITS - 1, L"OpenVPNServiceInteractive%ls", arguments[3]);
    _snwprintf(service.pipe, NAME_UNITS - 1, L"\\\\.\\pipe\\openvpn%ls\\service", arguments[3]);
    return !StartServiceCtrlDispatcherW(table);
}
