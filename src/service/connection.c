/* SPDX-License-Identifier: MIT */
#include "service/connection.h"

#include "base/errors.h"
#include "base/log.h"
#include "service/caller.h"
#include "service/log_origin.h"
#include "service/pipe_name.h"
#include "service/service.h"

#include <process.h>
#include <stdlib.h>

/* Our own frames need 64 KiB at most (docs/security.md, "Resources"); the rest is for the deepest
 * call into the system. Reserved, not committed. */
enum { STACK_SIZE = 256 * 1024 };

#define NO_RESOURCES "Insufficient resources to service new clients"

/* The data may hold a password. */
void connection_discard(struct connection *connection)
{
    unsigned char data[512];
    uint32_t ignored;
    HANDLE stop = connection->service->stop;
    if (pipe_read(&connection->pipe, data, sizeof(data), PIPE_TIMEOUT_MILLISECONDS, stop,
                  &ignored) == ERROR_MORE_DATA)
        pipe_discard(&connection->pipe, PIPE_TIMEOUT_MILLISECONDS, stop);
    SecureZeroMemory(data, sizeof(data));
}

static void release_slot(struct clients *clients, struct client_user *user)
{
    if (user)
        clients_leave(clients, user);
    else
        clients_leave_refusal(clients);
}

/* The client may keep its own end, so it is disconnected (pipe_name.h). */
static void end_connection(struct connection *connection)
{
    pipe_disconnect(&connection->pipe);
    release_slot(connection->clients, connection->user);
    free(connection);
}

static void run_connection(struct connection *connection, struct failure refusal)
{
    struct log_origin origin;
    uint32_t size = 0;
    const void *sid = connection->user ? clients_sid(connection->user, &size) : NULL;
    log_origin_begin(&origin, sid, size);
    if (failed(refusal))
        connection->type->refuse(connection, refusal);
    else
        connection->type->serve(connection);
    log_origin_end();
    end_connection(connection);
}

static unsigned __stdcall connection_thread(void *argument)
{
    struct connection *connection = argument;
    run_connection(connection, connection->user
                                   ? NO_FAILURE
                                   : failure_of(ERROR_CANT_WAIT, u"Too many concurrent clients"));
    return 0;
}

static VOID CALLBACK refuse_in_pool(PTP_CALLBACK_INSTANCE instance, void *context)
{
    (void)instance;
    run_connection(context, failure_of(ERROR_NO_SYSTEM_RESOURCES, u"" NO_RESOURCES));
}

/* In a thread of its own. If there can be none, one of the pool's tells the client so. */
static bool begin_thread(struct connection *connection)
{
    uintptr_t thread = _beginthreadex(NULL, STACK_SIZE, connection_thread, connection,
                                      STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (!thread)
        return TrySubmitThreadpoolCallback(refuse_in_pool, connection, NULL);
    CloseHandle((HANDLE)thread);
    return true;
}

static void start_connection(const struct connection *admitted, HANDLE pipe)
{
    struct connection *connection = calloc(1, admitted->type->size);
    if (!connection) {
        log_error(ERROR_NOT_ENOUGH_MEMORY, NO_RESOURCES);
        pipe_instance_close(&pipe);
        release_slot(admitted->clients, admitted->user);
        return;
    }
    *connection = *admitted;
    uint32_t error = pipe_open(&connection->pipe, pipe);
    if (!error && begin_thread(connection))
        return;
    log_error(error ? error : GetLastError(), NO_RESOURCES);
    end_connection(connection);
}

/* To the microsecond, as Windows may note the creation of processes: one that connects at once must
 * not seem to be younger than its connection. */
static uint64_t time_of_connection(void)
{
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    return (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
}

/* Limits count the user of the client's process, because a client can only be impersonated after it
 * has written. Rights are the token's (caller.h). */
void connection_accept(const struct connection_type *type, struct service *service,
                       struct clients *clients, HANDLE pipe)
{
    unsigned char sid[SECURITY_MAX_SID_SIZE];
    const uint64_t connected = time_of_connection();
    uint32_t size = client_process_user(pipe, sid);
    const struct connection admitted = {.type = type,
                                        .service = service,
                                        .clients = clients,
                                        .user = clients_admit(clients, sid, size),
                                        .connected = connected};
    struct log_origin origin;
    log_origin_begin(&origin, sid, size);
    if (admitted.user || clients_admit_refusal(clients))
        start_connection(&admitted, pipe);
    else
        pipe_instance_close(&pipe);
    log_origin_end();
}
