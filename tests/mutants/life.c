/* SPDX-License-Identifier: MIT */
/* Defects of the service's own life, and of the life of a session. */
#include "service/clients.h"
#include "service/serve_child.h"
#include "service/startup/answer.h"
#include "service/startup/launch.h"
#include "tests/mutants/switches.h"

#include <windows.h>

struct client_user *__real_clients_admit(struct clients *clients, const void *sid, uint32_t size);
struct client_user *__wrap_clients_admit(struct clients *clients, const void *sid, uint32_t size);
uint32_t __real_clients_wait_for_none(struct clients *clients, uint32_t milliseconds);
uint32_t __wrap_clients_wait_for_none(struct clients *clients, uint32_t milliseconds);
void __real_follow_child(struct service *service, struct client_user *user,
                         struct listed_session *listed, struct child *child, struct answer *answer);
void __wrap_follow_child(struct service *service, struct client_user *user,
                         struct listed_session *listed, struct child *child, struct answer *answer);
void __real_child_close(struct child *child);
void __wrap_child_close(struct child *child);

/* The import of CreateNamedPipeW, and what stands in its place. */
typedef HANDLE(WINAPI *mutant_create_pipe)(LPCWSTR, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD,
                                           LPSECURITY_ATTRIBUTES);
extern mutant_create_pipe __real___imp_CreateNamedPipeW;
extern mutant_create_pipe __wrap___imp_CreateNamedPipeW;

enum { FEW_CLIENTS = 63, LONG_STOP_MILLISECONDS = 30000, LOOK_MILLISECONDS = 20 };

struct client_user *__wrap_clients_admit(struct clients *clients, const void *sid, uint32_t size)
{
    if (clients->admitted >= FEW_CLIENTS && mutant_has(L"63-clients"))
        return NULL;
    return __real_clients_admit(clients, sid, size);
}

uint32_t __wrap_clients_wait_for_none(struct clients *clients, uint32_t milliseconds)
{
    if (mutant_has(L"stops-slowly"))
        Sleep(LONG_STOP_MILLISECONDS);
    return __real_clients_wait_for_none(clients, milliseconds);
}

struct mutant_watch {
    HANDLE pipe, process, end;
};

/* Ends openvpn.exe when the client has closed its end. */
static DWORD WINAPI mutant_watch_client(void *context)
{
    const struct mutant_watch *watch = context;
    while (WaitForSingleObject(watch->end, LOOK_MILLISECONDS) == WAIT_TIMEOUT) {
        if (!PeekNamedPipe(watch->pipe, NULL, 0, NULL, NULL, NULL)) {
            TerminateProcess(watch->process, 0);
            return 0;
        }
    }
    return 0;
}

void __wrap_follow_child(struct service *service, struct client_user *user,
                         struct listed_session *listed, struct child *child, struct answer *answer)
{
    struct mutant_watch watch = {.pipe = answer->pipe->handle, .process = child->process};
    HANDLE thread = NULL;
    if (mutant_has(L"ends-with-its-client")) {
        watch.end = CreateEventW(NULL, TRUE, FALSE, NULL);
        thread = CreateThread(NULL, 0, mutant_watch_client, &watch, 0, NULL);
    }
    __real_follow_child(service, user, listed, child, answer);
    if (thread) {
        SetEvent(watch.end);
        WaitForSingleObject(thread, INFINITE);
        CloseHandle(thread);
        CloseHandle(watch.end);
    }
}

void __wrap_child_close(struct child *child)
{
    if (mutant_has(L"leaks-handles"))
        child->input = NULL;
    __real_child_close(child);
}

static HANDLE WINAPI mutant_make_pipe(LPCWSTR name, DWORD open_mode, DWORD pipe_mode,
                                      DWORD instances, DWORD out, DWORD in, DWORD wait,
                                      LPSECURITY_ATTRIBUTES security)
{
    if (mutant_has(L"takes-remote-clients"))
        pipe_mode &= ~(DWORD)PIPE_REJECT_REMOTE_CLIENTS;
    return __real___imp_CreateNamedPipeW(name, open_mode, pipe_mode, instances, out, in, wait,
                                         security);
}

mutant_create_pipe __wrap___imp_CreateNamedPipeW = mutant_make_pipe;
