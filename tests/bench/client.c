/* SPDX-License-Identifier: MIT */
/* bench-client.exe <pipe> <folder> <options> <event> <program>: a client of the service that holds
 * many sessions and measures how long each took to start.
 *
 * A command is a line on stdin, its answer a line on stdout, or "error <number> <function>" when it
 * fails. The program ends with its stdin.
 *
 * "open <n>" starts n sessions, one after the other. The answer is "ok" and, for each, the
 * microseconds from the start-up message to the reply with the process id.
 *
 * "spawn <n>" starts n processes of the program itself: "ok" and the microseconds that
 * CreateProcess took.
 *
 * "idle <n>" starts n waiting threads: "ok" and the microseconds that CreateThread took.
 *
 * "end" sets the event that ends all of them, and waits until they have ended: "ok". */
#include <windows.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16384, TEXT_UNITS = 4 * MAX_PATH, REPLY_BYTES = 4096, IDLE_STACK = 65536 };

static struct {
    const wchar_t *pipe, *folder, *options, *event_name, *program;
    HANDLE event;
    HANDLE held[MOST]; /* pipes, or objects that are signalled at their end */
    bool is_pipe[MOST];
    unsigned count;
    const char *function; /* that failed */
    double microseconds[MOST];
} client;

static DWORD failed(const char *function)
{
    client.function = function;
    return GetLastError();
}

static double now(void)
{
    static LARGE_INTEGER frequency;
    LARGE_INTEGER ticks;
    if (!frequency.QuadPart)
        QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&ticks);
    return (double)ticks.QuadPart * 1e6 / (double)frequency.QuadPart;
}

static void hold(HANDLE handle, bool is_pipe)
{
    client.held[client.count] = handle;
    client.is_pipe[client.count++] = is_pipe;
}

/* Folder, options and an empty standard input, each terminated. Returns the number of units. */
static size_t put_message(wchar_t message[TEXT_UNITS])
{
    size_t folder = wcslen(client.folder) + 1, options = wcslen(client.options) + 1;
    if (folder + options + 1 > TEXT_UNITS)
        return 0;
    wcscpy(message, client.folder);
    wcscpy(message + folder, client.options);
    message[folder + options] = L'\0';
    return folder + options + 1;
}

static DWORD connect_pipe(HANDLE *pipe)
{
    DWORD mode = PIPE_READMODE_MESSAGE;
    do
        *pipe = CreateFileW(client.pipe, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                            SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION, NULL);
    while (*pipe == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY &&
           WaitNamedPipeW(client.pipe, 5000));
    if (*pipe == INVALID_HANDLE_VALUE)
        return failed("CreateFile");
    return SetNamedPipeHandleState(*pipe, &mode, NULL, NULL) ? 0 : failed("SetPipeState");
}

/* The reply of a session that has started begins with "0x00000000" in UTF-16. */
static DWORD open_one(double *microseconds)
{
    wchar_t message[TEXT_UNITS], reply[REPLY_BYTES / sizeof(wchar_t)] = {0};
    DWORD size = (DWORD)(put_message(message) * sizeof(*message)), count;
    HANDLE pipe;
    DWORD error = connect_pipe(&pipe);
    if (error)
        return error;
    double began = now();
    if (!WriteFile(pipe, message, size, &count, NULL))
        return failed("WriteFile");
    if (!ReadFile(pipe, reply, REPLY_BYTES - sizeof(wchar_t), &count, NULL))
        return failed("ReadFile");
    *microseconds = now() - began;
    unsigned long code = wcstoul(reply, NULL, 16);
    if (code) {
        client.function = "start";
        return code;
    }
    hold(pipe, true);
    return 0;
}

static DWORD spawn_one(double *microseconds)
{
    STARTUPINFOW info = {.cb = sizeof(info)};
    PROCESS_INFORMATION started;
    wchar_t line[TEXT_UNITS];
    int length = _snwprintf(line, TEXT_UNITS, L"openvpn --service %ls 0", client.event_name);
    if (length < 0 || length >= TEXT_UNITS)
        return ERROR_FILENAME_EXCED_RANGE;
    double began = now();
    if (!CreateProcessW(client.program, line, NULL, NULL, FALSE, 0, NULL, NULL, &info, &started))
        return failed("CreateProcess");
    *microseconds = now() - began;
    CloseHandle(started.hThread);
    hold(started.hProcess, false);
    return 0;
}

static DWORD WINAPI wait_for_end(void *parameter)
{
    (void)parameter;
    return WaitForSingleObject(client.event, INFINITE);
}

static DWORD idle_one(double *microseconds)
{
    double began = now();
    HANDLE thread =
        CreateThread(NULL, IDLE_STACK, wait_for_end, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (!thread)
        return failed("CreateThread");
    *microseconds = now() - began;
    hold(thread, false);
    return 0;
}

static DWORD many(unsigned count, DWORD one(double *microseconds))
{
    DWORD error = count > MOST - client.count ? ERROR_INVALID_PARAMETER : 0;
    for (unsigned i = 0; i < count && !error; i++)
        error = one(&client.microseconds[i]);
    return error;
}

/* Reads until the service closes the pipe. */
static void wait_closed(HANDLE pipe)
{
    uint8_t bytes[REPLY_BYTES];
    DWORD count;
    while (ReadFile(pipe, bytes, sizeof(bytes), &count, NULL) || GetLastError() == ERROR_MORE_DATA)
        ;
}

static DWORD end_all(void)
{
    if (!SetEvent(client.event))
        return failed("SetEvent");
    for (; client.count; client.count--) {
        HANDLE held = client.held[client.count - 1];
        if (client.is_pipe[client.count - 1])
            wait_closed(held);
        else
            WaitForSingleObject(held, INFINITE);
        CloseHandle(held);
    }
    return ResetEvent(client.event) ? 0 : failed("ResetEvent");
}

static void obey(const char *line)
{
    unsigned count = 0;
    DWORD error = ERROR_INVALID_FUNCTION;
    client.function = "command";
    if (sscanf(line, "open %u", &count) == 1)
        error = many(count, open_one);
    else if (sscanf(line, "spawn %u", &count) == 1)
        error = many(count, spawn_one);
    else if (sscanf(line, "idle %u", &count) == 1)
        error = many(count, idle_one);
    else if (strncmp(line, "end", 3) == 0)
        error = end_all();
    if (error) {
        printf("error %lu %s\n", (unsigned long)error, client.function);
    } else {
        printf("ok");
        for (unsigned i = 0; i < count; i++)
            printf(" %.1f", client.microseconds[i]);
        printf("\n");
    }
    fflush(stdout);
}

int wmain(int count, wchar_t **arguments);

int wmain(int count, wchar_t **arguments)
{
    char line[256];
    if (count != 6)
        return 1;
    client.pipe = arguments[1];
    client.folder = arguments[2];
    client.options = arguments[3];
    client.event_name = arguments[4];
    client.program = arguments[5];
    client.event = CreateEventW(NULL, TRUE, FALSE, client.event_name);
    if (!client.event)
        return 1;
    while (fgets(line, sizeof(line), stdin))
        obey(line);
    SetEvent(client.event);
    return 0;
}
