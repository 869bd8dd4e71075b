/* SPDX-License-Identifier: MIT */
#include "service/listener.h"

#include "base/log.h"
#include "service/startup/caller.h"
#include "service/failure.h"
#include "service/log_origin.h"
#include "service/session.h"
#include "base/text.h"

#include <sddl.h>

enum { PIPE_QUOTA = 1024, RETRY_MILLISECONDS = 1000 };

/* SYSTEM everything; nobody else may make an instance (0x4); authenticated users read and write;
 * anonymous ones nothing. The order is on purpose not the canonical one: SYSTEM's right to make
 * instances must be found before everyone's denial. */
static const char16_t PIPE_SDDL[] = u"D:(A;OICI;GA;;;S-1-5-18)(D;OICI;0x4;;;S-1-1-0)"
                                    u"(A;OICI;GRGW;;;S-1-5-11)(D;;GA;;;S-1-5-7)";

static uint32_t make_instance(const struct listener *listener, DWORD first, HANDLE *pipe)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;

    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(PIPE_SDDL, SDDL_REVISION_1,
                                                              &descriptor, NULL))
        return GetLastError();
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes),
                                      .lpSecurityDescriptor = descriptor};
    *pipe = CreateNamedPipeW(
        listener->name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | WRITE_DAC | first,
        PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
        PIPE_UNLIMITED_INSTANCES, PIPE_QUOTA, PIPE_QUOTA, 0, &attributes);
    if (*pipe != INVALID_HANDLE_VALUE)
        return 0;
    *pipe = NULL;
    return GetLastError();
}

/* Waits for a client on the slot's instance. */
static uint32_t begin_connect(struct listener_slot *slot)
{
    slot->is_connected = false;
    if (ConnectNamedPipe(slot->pipe, &slot->connecting)) {
        slot->is_connected = true;
        return 0;
    }
    uint32_t error = GetLastError();
    slot->is_connected = error == ERROR_PIPE_CONNECTED;
    return slot->is_connected || error == ERROR_IO_PENDING ? 0 : error;
}

/* Once per run of failures, so that a machine in trouble does not fill its log with it. */
static void log_failure(struct listener *listener, uint32_t error, const char *function)
{
    if (!listener->is_failing)
        log_error(error, "%s for the client pipe failed, trying again every second", function);
    listener->is_failing = true;
}

/* A client that came and went before we looked is that client's affair: the instance is used again.
 * Bounded, because another such client may be there already. */
static uint32_t reuse(struct listener_slot *slot, uint32_t error)
{
    enum { TRIES = 8 };
    struct log_origin nobody;

    for (int i = 0; i < TRIES && error == ERROR_NO_DATA; i++) {
        log_origin_begin(&nobody, NULL, 0);
        log_error(error, "A client left before it was served");
        log_origin_end();
        DisconnectNamedPipe(slot->pipe);
        error = begin_connect(slot);
    }
    return error;
}

/* Makes the slot wait for a client; on failure it stays empty and is tried again later. */
static void listen_on(struct listener *listener, struct listener_slot *slot)
{
    const char *function = "CreateNamedPipe";
    uint32_t error = slot->pipe ? 0 : make_instance(listener, 0, &slot->pipe);

    if (!error) {
        function = "ConnectNamedPipe";
        error = reuse(slot, begin_connect(slot));
    }
    if (!error) {
        listener->is_failing = false;
        return;
    }
    log_failure(listener, error, function);
    close_handle(&slot->pipe);
}

/* Caps count the user of the client's process, because a client can only be impersonated after it
 * has spoken. */
static void hand_over(struct listener *listener, HANDLE pipe)
{
    unsigned char sid[SECURITY_MAX_SID_SIZE];
    struct clients *clients = &listener->service->clients;
    uint32_t size = client_process_user(pipe, sid);
    struct client_user *place = clients_admit(clients, sid, size);
    struct log_origin speaker;

    log_origin_begin(&speaker, sid, size);
    if (place)
        session_start(listener->service, pipe, place);
    else if (clients_admit_refusal(clients))
        session_refuse(listener->service, pipe);
    else
        CloseHandle(pipe);
    log_origin_end();
}

/* The slot's wait has ended, one way or another. */
static void serve_slot(struct listener *listener, struct listener_slot *slot)
{
    uint32_t error = 0;
    DWORD ignored;

    if (!slot->is_connected && !GetOverlappedResult(slot->pipe, &slot->connecting, &ignored, FALSE))
        error = GetLastError();
    if (error == ERROR_IO_INCOMPLETE)
        return;
    if (!error) {
        HANDLE pipe = TAKE(slot->pipe);
        listen_on(listener, slot); /* first, so that there is always one to connect to */
        hand_over(listener, pipe);
        return;
    }
    error = reuse(slot, error);
    if (!error)
        return;
    log_failure(listener, error, "ConnectNamedPipe");
    close_handle(&slot->pipe);
}

/* Serves all that is connected already, and fills what is empty: each slot once, whichever event
 * has woken us, because of several events that are set Windows always names the first, and one
 * client that keeps coming back there would keep all others waiting. Returns how long to wait. */
static DWORD settle(struct listener *listener)
{
    DWORD wait = INFINITE;

    for (size_t i = 0; i < LISTENER_INSTANCES; i++) {
        struct listener_slot *slot = &listener->slots[i];
        if (!slot->pipe)
            listen_on(listener, slot);
        if (slot->pipe)
            serve_slot(listener, slot);
        if (!slot->pipe)
            wait = wait ? RETRY_MILLISECONDS : 0;
        else if (slot->is_connected)
            wait = 0; /* the next one is there already: look again after the others' turn */
    }
    return wait;
}

uint32_t listener_run(struct listener *listener)
{
    HANDLE events[LISTENER_INSTANCES + 1] = {listener->service->stop};

    for (size_t i = 0; i < LISTENER_INSTANCES; i++)
        events[i + 1] = listener->slots[i].connecting.hEvent;
    for (;;) {
        DWORD wait = settle(listener);
        DWORD which = WaitForMultipleObjects(LISTENER_INSTANCES + 1, events, FALSE, wait);

        if (which == WAIT_OBJECT_0)
            return 0;
        if (which == WAIT_FAILED)
            return log_error(GetLastError(), "WaitForMultipleObjects");
        if (which == WAIT_TIMEOUT)
            continue;

        ResetEvent(events[which - WAIT_OBJECT_0]);
    }
}

uint32_t listener_open(struct listener *listener, struct service *service)
{
    listener->service = service;
    name_of_client_pipe(service->settings.instance, listener->name);
    for (size_t i = 0; i < LISTENER_INSTANCES; i++) {
        listener->slots[i].connecting.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
        if (!listener->slots[i].connecting.hEvent)
            return log_error(GetLastError(), "CreateEvent");
    }
    uint32_t error =
        make_instance(listener, FILE_FLAG_FIRST_PIPE_INSTANCE, &listener->slots[0].pipe);
    if (error)
        return log_error(error, "Could not create the pipe %s: another program may hold its name",
                         UTF8(listener->name));
    listen_on(listener, &listener->slots[0]);
    return 0;
}

static void close_slot(struct listener_slot *slot)
{
    DWORD ignored;

    if (slot->pipe && !slot->is_connected && CancelIoEx(slot->pipe, &slot->connecting))
        GetOverlappedResult(slot->pipe, &slot->connecting, &ignored, TRUE);
    close_handle(&slot->pipe);
    close_handle(&slot->connecting.hEvent);
}

void listener_close(struct listener *listener)
{
    for (size_t i = 0; i < LISTENER_INSTANCES; i++)
        close_slot(&listener->slots[i]);
}
