/* SPDX-License-Identifier: MIT */
#include "service/listener.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "service/log_origin.h"
#include "service/pipe_name.h"

enum {
    RETRY_MILLISECONDS = 1000,
    EVENTS = 1 + ENDPOINT_COUNT * LISTENER_INSTANCES /* the service's stop, and one an instance */
};

_Static_assert(EVENTS <= MAXIMUM_WAIT_OBJECTS, "one thread can't wait for so many instances");

/* Begins to wait for a client; one may be there already. */
static uint32_t begin_connect(struct listener_instance *instance)
{
    instance->is_connected = false;
    if (ConnectNamedPipe(instance->pipe, &instance->connecting)) {
        instance->is_connected = true;
        return 0;
    }
    uint32_t error = GetLastError();
    instance->is_connected = error == ERROR_PIPE_CONNECTED;
    return instance->is_connected || error == ERROR_IO_PENDING ? 0 : error;
}

/* Logs the first of a run of failures only, so that they do not fill the log. */
static void log_listen_failure(struct listener_pipe *pipe, uint32_t error, const char *function)
{
    if (!pipe->is_failing)
        log_error(error, "%s failed for the pipe %s. It is tried again every second", function,
                  UTF8(pipe->name));
    pipe->is_failing = true;
}

/* Uses the instance again when its client has gone before it was served. Bounded, because the next
 * such client may be there already. */
static uint32_t reuse_instance(struct listener_instance *instance, uint32_t error)
{
    enum { TRIES = 8 };
    struct log_origin unknown;
    for (int i = 0; i < TRIES && error == ERROR_NO_DATA; i++) {
        log_origin_begin(&unknown, NULL, 0);
        log_error(error, "A client disconnected before it was served");
        log_origin_end();
        DisconnectNamedPipe(instance->pipe);
        error = begin_connect(instance);
    }
    return error;
}

/* Makes the instance if need be, and lets it wait for a client. After a failure there is no
 * instance: it is tried again later. */
static void listen_on(struct listener_pipe *pipe, struct listener_instance *instance)
{
    const char *function = "CreateNamedPipe";
    uint32_t error =
        instance->pipe ? 0
                       : pipe_instance_make(pipe->name, pipe->endpoint->security, &instance->pipe);
    if (!error) {
        function = "ConnectNamedPipe";
        error = reuse_instance(instance, begin_connect(instance));
    }
    if (!error) {
        pipe->is_failing = false;
        return;
    }
    log_listen_failure(pipe, error, function);
    pipe_instance_close(&instance->pipe);
}

/* Hands a client over, if one has connected. */
static void serve_instance(struct listener *listener, struct listener_pipe *pipe,
                           struct listener_instance *instance)
{
    uint32_t error = 0;
    DWORD ignored;
    if (!instance->is_connected &&
        !GetOverlappedResult(instance->pipe, &instance->connecting, &ignored, FALSE))
        error = GetLastError();
    if (error == ERROR_IO_INCOMPLETE)
        return;
    if (!error) {
        HANDLE client = TAKE(instance->pipe);
        listen_on(pipe, instance); /* first, so that there is always one to connect to */
        pipe->endpoint->serve(listener->service, client);
        return;
    }
    error = reuse_instance(instance, error);
    if (!error)
        return;
    log_listen_failure(pipe, error, "ConnectNamedPipe");
    pipe_instance_close(&instance->pipe);
}

/* Serves the clients that are connected, and makes the instances that are missing. Looks at each
 * instance once, whichever event was set: Windows reports the first of several events, so one
 * client that reconnects all the time would keep the others waiting. Returns how long to wait next.
 */
static DWORD serve_connected(struct listener *listener, struct listener_pipe *pipe)
{
    DWORD wait = INFINITE;
    for (size_t i = 0; i < LISTENER_INSTANCES; i++) {
        struct listener_instance *instance = &pipe->instances[i];
        if (!instance->pipe)
            listen_on(pipe, instance);
        if (instance->pipe)
            serve_instance(listener, pipe, instance);
        if (!instance->pipe)
            wait = wait ? RETRY_MILLISECONDS : 0;
        else if (instance->is_connected)
            wait = 0; /* the next client is there already: its turn comes after the others' */
    }
    return wait;
}

uint32_t listener_run(struct listener *listener)
{
    HANDLE events[EVENTS] = {listener->service->stop};
    DWORD count = 1;
    for (size_t i = 0; i < ENDPOINT_COUNT; i++)
        for (size_t j = 0; j < LISTENER_INSTANCES; j++)
            events[count++] = listener->pipes[i].instances[j].connecting.hEvent;
    for (;;) {
        DWORD wait = INFINITE;
        for (size_t i = 0; i < ENDPOINT_COUNT; i++) {
            DWORD pipe_wait = serve_connected(listener, &listener->pipes[i]);
            wait = pipe_wait < wait ? pipe_wait : wait;
        }
        DWORD which = WaitForMultipleObjects(count, events, FALSE, wait);
        if (which == WAIT_OBJECT_0)
            return 0;
        if (which == WAIT_FAILED)
            return log_error(GetLastError(), "WaitForMultipleObjects");
        if (which == WAIT_TIMEOUT)
            continue;

        ResetEvent(events[which - WAIT_OBJECT_0]);
    }
}

static uint32_t open_endpoint_pipe(struct listener_pipe *pipe, const struct endpoint *endpoint,
                                   const char16_t *instance)
{
    pipe->endpoint = endpoint;
    endpoint->name(instance, pipe->name);
    for (size_t i = 0; i < LISTENER_INSTANCES; i++) {
        pipe->instances[i].connecting.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
        if (!pipe->instances[i].connecting.hEvent)
            return log_error(GetLastError(), "CreateEvent");
    }
    uint32_t error = pipe_name_take(pipe->name, endpoint->security, &pipe->instances[0].pipe);
    if (!error)
        listen_on(pipe, &pipe->instances[0]);
    return error;
}

static void close_instance(struct listener_instance *instance)
{
    DWORD ignored;
    if (instance->pipe && !instance->is_connected &&
        CancelIoEx(instance->pipe, &instance->connecting))
        GetOverlappedResult(instance->pipe, &instance->connecting, &ignored, TRUE);
    pipe_instance_close(&instance->pipe);
    close_handle(&instance->connecting.hEvent);
}

void listener_close(struct listener *listener)
{
    for (size_t i = 0; i < ENDPOINT_COUNT; i++)
        for (size_t j = 0; j < LISTENER_INSTANCES; j++)
            close_instance(&listener->pipes[i].instances[j]);
}

uint32_t listener_open(struct listener *listener, struct service *service)
{
    uint32_t error = 0;
    listener->service = service;
    for (size_t i = 0; !error && i < ENDPOINT_COUNT; i++)
        error = open_endpoint_pipe(&listener->pipes[i], &endpoints[i], service->settings.instance);
    if (error)
        listener_close(listener);
    return error;
}
