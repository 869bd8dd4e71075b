/* SPDX-License-Identifier: MIT */
/* bench-askers.exe <control pipe>: many clients of the control pipe, which ask all at once.
 *
 * A command is a line on stdin, its answer a line on stdout, or "error <number> <function>" when it
 * fails. The program ends with its stdin, and with it the session that the clients hold.
 *
 * "attach <n> <process>" connects n clients and attaches each to the session with this process, so
 * that they may be silent: "ok", when all are. It may come once.
 *
 * "ask" tells each of them to ask for the status: "ok" at once.
 *
 * "wait" waits until each has its answer: "ok". */
#include <windows.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 1024, STACK = 65536, REPLY_UNITS = 4096, REQUEST_UNITS = 32 };

static struct {
    const wchar_t *pipe;
    wchar_t attach[REQUEST_UNITS]; /* "attach" and the process, each terminated */
    DWORD attach_size;
    HANDLE done; /* a semaphore: each client counts once for what it was told, or has failed at */
    struct asker {
        HANDLE told; /* an event: it is to ask once more */
        HANDLE pipe;
    } all[MOST];
    unsigned count;
    LONG error; /* the last one, 0 for none */
    const char *function;
} askers;

static bool note_failure(const char *function, DWORD error)
{
    askers.function = function;
    InterlockedExchange(&askers.error, (LONG)error);
    return false;
}

static bool connect_to_control(HANDLE *pipe)
{
    DWORD mode = PIPE_READMODE_MESSAGE;
    do
        *pipe =
            CreateFileW(askers.pipe, GENERIC_READ | FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES, 0,
                        NULL, OPEN_EXISTING, SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
    while (*pipe == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY &&
           WaitNamedPipeW(askers.pipe, 5000));
    if (*pipe == INVALID_HANDLE_VALUE)
        return note_failure("CreateFile", GetLastError());
    return SetNamedPipeHandleState(*pipe, &mode, NULL, NULL) ||
           note_failure("SetPipeState", GetLastError());
}

/* A reply begins with its code, "0x00000000" in UTF-16. */
static bool ask(HANDLE pipe, const wchar_t *request, DWORD request_size, const char *name)
{
    wchar_t reply[REPLY_UNITS + 1] = {0};
    DWORD size;
    if (!WriteFile(pipe, request, request_size, &size, NULL) ||
        !ReadFile(pipe, reply, REPLY_UNITS * sizeof(*reply), &size, NULL))
        return note_failure(name, GetLastError());
    unsigned long code = wcstoul(reply, NULL, 16);
    return !code || note_failure(name, code);
}

static DWORD WINAPI serve_asker(void *parameter)
{
    static const wchar_t status[] = L"status";
    struct asker *asker = parameter;
    bool goes_on = connect_to_control(&asker->pipe) &&
                   ask(asker->pipe, askers.attach, askers.attach_size, "attach");
    ReleaseSemaphore(askers.done, 1, NULL);
    while (goes_on && WaitForSingleObject(asker->told, INFINITE) == WAIT_OBJECT_0) {
        goes_on = ask(asker->pipe, status, sizeof(status), "status");
        ReleaseSemaphore(askers.done, 1, NULL);
    }
    return 0;
}

static bool start_asker(struct asker *asker)
{
    asker->told = CreateEventW(NULL, FALSE, FALSE, NULL);
    HANDLE thread = asker->told ? CreateThread(NULL, STACK, serve_asker, asker,
                                               STACK_SIZE_PARAM_IS_A_RESERVATION, NULL)
                                : NULL;
    if (!thread)
        return note_failure("CreateThread", GetLastError());
    CloseHandle(thread);
    return true;
}

static bool wait_for_all(void)
{
    for (unsigned i = 0; i < askers.count && !askers.error; i++)
        WaitForSingleObject(askers.done, INFINITE);
    return !askers.error;
}

static bool attach_all(unsigned count, unsigned long process)
{
    static const wchar_t verb[] = L"attach";
    const size_t verb_units = ARRAYSIZE(verb);
    memcpy(askers.attach, verb, sizeof(verb));
    int digits =
        _snwprintf(askers.attach + verb_units, REQUEST_UNITS - verb_units, L"%lu", process);
    askers.attach_size = (DWORD)((verb_units + (size_t)digits + 1) * sizeof(*askers.attach));
    if (askers.count || !count || count > MOST)
        return note_failure("attach", ERROR_INVALID_PARAMETER);
    for (; askers.count < count; askers.count++)
        if (!start_asker(&askers.all[askers.count]))
            return false;
    return wait_for_all();
}

static bool tell_all(void)
{
    for (unsigned i = 0; i < askers.count; i++)
        if (!SetEvent(askers.all[i].told))
            return note_failure("SetEvent", GetLastError());
    return !askers.error;
}

static void obey(const char *line)
{
    unsigned count;
    unsigned long process;
    bool is_done;
    if (sscanf(line, "attach %u %lu", &count, &process) == 2)
        is_done = attach_all(count, process);
    else if (strncmp(line, "ask", 3) == 0)
        is_done = tell_all();
    else
        is_done = wait_for_all();
    if (is_done)
        printf("ok\n");
    else
        printf("error %ld %s\n", (long)askers.error, askers.function);
    fflush(stdout);
}

int wmain(int count, wchar_t **arguments);

int wmain(int count, wchar_t **arguments)
{
    char line[256];
    if (count != 2)
        return 1;
    askers.pipe = arguments[1];
    askers.done = CreateSemaphoreW(NULL, 0, MOST, NULL);
    if (!askers.done)
        return 1;
    while (fgets(line, sizeof(line), stdin))
        obey(line);
    return 0;
}
