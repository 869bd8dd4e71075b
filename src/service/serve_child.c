/* SPDX-License-Identifier: MIT */
#include "service/serve_child.h"

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "channel/channel.h"
#include "service/stack.h"

enum {
    EXIT_MILLISECONDS = 2000, /* for openvpn.exe to end by itself */
    KILL_MILLISECONDS = 5000, /* for Windows to end it */
    REQUESTS_UNWATCHED = 64   /* served in a row before the process is checked */
};

struct conversation {
    struct channel channel;
    unsigned char request[MESSAGE_MAX_SIZE];
    unsigned char acknowledgement[ACKNOWLEDGEMENT_MAX_SIZE];
    struct pipe pipe;
    unsigned in_a_row; /* requests that did not have to be waited for */
    bool is_orphaned;  /* the process was found to have ended */
    DWORD rest;        /* then: bytes that were in the pipe and are still to be served */
};

/* A request longer than any that exists is an attack or a mistake: no acknowledgement would be
 * right for it, and the next read would return its rest. The session ends. */
static void log_request_too_long(const struct pipe *pipe)
{
    DWORD rest = 0;
    PeekNamedPipe(pipe->handle, NULL, 0, NULL, NULL, &rest);
    log_error(0,
              "OpenVPN process sent too large payload length to the pipe (%lu bytes), it will be "
              "terminated",
              (unsigned long)(rest + MESSAGE_MAX_SIZE));
}

/* Notices the end of the process while requests arrive faster than they are served: then nothing is
 * waited for, and a program that has inherited the process's end of the pipe could go on for ever.
 */
static void watch_process(const struct child *child, struct conversation *conversation)
{
    if (++conversation->in_a_row % REQUESTS_UNWATCHED != 0 ||
        WaitForSingleObject(child->process, 0) != WAIT_OBJECT_0)
        return;
    conversation->is_orphaned = true;
    PeekNamedPipe(conversation->pipe.handle, NULL, 0, NULL, &conversation->rest, NULL);
}

/* Takes a request of `size` bytes off those that were sent before the process ended; false when it
 * is none of them. */
static bool take_from_rest(struct conversation *conversation, uint32_t size)
{
    if (size > conversation->rest)
        return false;
    conversation->rest -= size;
    return true;
}

/* Reads the next request; false when the session is over. Requests sent before the process ended
 * are still served: that is why the read's event comes first. */
static bool next_request(struct service *service, const struct child *child,
                         struct conversation *conversation, uint32_t *size)
{
    struct pipe *pipe = &conversation->pipe;
    HANDLE events[] = {pipe->reading.hEvent, service->stop, child->process};
    if (atomic_load(&service->stopping))
        return false;
    uint32_t error =
        pipe_read_begin(pipe, conversation->request, sizeof(conversation->request), size);
    if (error == ERROR_IO_PENDING) {
        if (WaitForMultipleObjects(ARRAY_COUNT(events), events, FALSE, INFINITE) != WAIT_OBJECT_0)
            return false;
        error = pipe_read_end(pipe, size);
    } else if (!error && conversation->is_orphaned) {
        if (!take_from_rest(conversation, *size))
            return false;
    } else if (!error) {
        watch_process(child, conversation);
    }
    if (error == ERROR_MORE_DATA)
        log_request_too_long(pipe);
    else if (error && error != ERROR_BROKEN_PIPE)
        log_error(error, "Reading from the session pipe failed");
    return error == 0;
}

/* Nobody is left to read it: what was sent before is still served, and reading tells the end. */
static bool has_peer_gone(uint32_t error)
{
    return error == ERROR_NO_DATA || error == ERROR_BROKEN_PIPE;
}

/* False when the session is over. */
static bool send_acknowledgement(struct conversation *conversation, size_t size)
{
    pipe_write_begin(&conversation->pipe, conversation->acknowledgement, (uint32_t)size);
    uint32_t error = pipe_write_end(&conversation->pipe, PIPE_TIMEOUT_MILLISECONDS);
    if (has_peer_gone(error))
        return true;
    if (error)
        log_error(error, "Writing to the session pipe failed");
    return error == 0;
}

static void serve_requests(struct service *service, const struct child *child,
                           struct conversation *conversation)
{
    uint32_t size;
    size_t answer_size;
    while (next_request(service, child, conversation, &size))
        if (!channel_serve(&conversation->channel, conversation->request, size,
                           conversation->acknowledgement, &answer_size) ||
            !send_acknowledgement(conversation, answer_size))
            return;
}

/* Waits for the process to end and terminates it after a while. Returns its exit code. */
static uint32_t end_openvpn(const struct child *child)
{
    DWORD exit_code = 1;
    if (WaitForSingleObject(child->process, EXIT_MILLISECONDS) != WAIT_OBJECT_0) {
        TerminateProcess(child->process, 1);
        if (WaitForSingleObject(child->process, KILL_MILLISECONDS) != WAIT_OBJECT_0) {
            log_error(ERROR_TIMEOUT, "openvpn.exe (process %lu) cannot be terminated",
                      (unsigned long)child->id);
            return exit_code;
        }
    }
    GetExitCodeProcess(child->process, &exit_code);
    return exit_code;
}

static void answer_exit_code(struct answer *answer, uint32_t exit_code)
{
    char16_t words[64];
    struct text text = TEXT_ON(words);
    text_append_format(&text, "OpenVPN exited with error: exit code = %lu",
                       (unsigned long)exit_code);
    answer_failure(answer, failure_of(ERROR_OPENVPN_STARTUP, words));
}

void follow_child(struct service *service, struct client_user *user, struct listed_session *listed,
                  struct child *child, struct answer *answer)
{
    struct conversation conversation = {0};
    const struct channel_options options = {
        .process_id = child->id,
        .vpn_adapters = service->settings.vpn_adapters,
        .ignore_dnssec = service->settings.ignore_dnssec,
        .user = clients_changes(user),
        .adapters = clients_adapters(user),
        .owners = &service->owners,
        .keeper = &service->guard.keeper,
        .tally = &listed->tally,
    };
    channel_open(&conversation.channel, service->ledger, service->network, &child->layout,
                 &options);
    uint32_t error = pipe_open(&conversation.pipe, TAKE(child->channel));
    if (error) {
        log_error(error, "The session pipe cannot be served");
    } else {
        stack_give_back();
        serve_requests(service, child, &conversation);
    }

    listed->is_ending = true;
    channel_close_tunnel(&conversation.channel); /* before anything that may take long */
    uint32_t exit_code = end_openvpn(child);
    if (exit_code)
        answer_exit_code(answer, exit_code);
    size_t before = ledger_left(service->ledger), left = channel_close(&conversation.channel);
    if (left > before)
        log_error_of(LOG_UNDO_FAILED, ERROR_GEN_FAILURE,
                     "%u network changes could not be undone yet", (unsigned)left);
    if (left) /* also when no more are left: they may be others than before */
        upkeep_request(&service->upkeep, UPKEEP_RETRY);
    pipe_close(&conversation.pipe);
}
