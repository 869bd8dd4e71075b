/* SPDX-License-Identifier: MIT */
#include "service/serve_child.h"

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "service/stack.h"

enum {
    EXIT_MILLISECONDS = 2000, /* what openvpn.exe has to end by itself */
    KILL_MILLISECONDS = 5000, /* what Windows has to end it */
    REQUESTS_UNWATCHED = 64   /* served in a row before the process is looked at */
};

struct conversation {
    struct channel channel;
    unsigned char request[MESSAGE_MAX_SIZE];
    unsigned char acknowledgement[ACKNOWLEDGEMENT_MAX_SIZE];
    struct pipe pipe;
    unsigned in_a_row; /* requests that were there before they were waited for */
    bool is_orphaned;  /* the process was seen to have ended */
    DWORD rest;        /* then: bytes that were in the pipe and are still to be served */
};

/* A request longer than any that exists is an attack or a mistake: no acknowledgement could be
 * right, and what comes next would be its rest. */
static void log_too_long(const struct pipe *pipe)
{
    DWORD rest = 0;

    PeekNamedPipe(pipe->handle, NULL, 0, NULL, NULL, &rest);
    log_error(0,
              "OpenVPN process sent too large payload length to the pipe (%lu bytes), it will be "
              "terminated",
              (unsigned long)(rest + MESSAGE_MAX_SIZE));
}

/* While requests come faster than they are served nothing is waited for, so the end of the process
 * would go unnoticed: whoever it has handed its end of the pipe to could go on for ever. Whether
 * that is so, for a request of `size` bytes. */
static bool is_over(const struct child *child, struct conversation *conversation, uint32_t size)
{
    if (conversation->is_orphaned) {
        bool was_sent_before = size <= conversation->rest;
        conversation->rest -= was_sent_before ? size : 0;
        return !was_sent_before;
    }
    if (++conversation->in_a_row % REQUESTS_UNWATCHED == 0 &&
        WaitForSingleObject(child->process, 0) == WAIT_OBJECT_0) {
        conversation->is_orphaned = true;
        PeekNamedPipe(conversation->pipe.handle, NULL, 0, NULL, &conversation->rest, NULL);
    }
    return false;
}

/* The next request, or false when the conversation is over. What had been sent before the process
 * ended is still served: the order of the events makes it so. */
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
    } else if (!error && is_over(child, conversation, *size)) {
        return false;
    }
    if (error == ERROR_MORE_DATA)
        log_too_long(pipe);
    else if (error && error != ERROR_BROKEN_PIPE)
        log_error(error, "Reading from the session pipe failed");
    return error == 0;
}

static bool acknowledge(struct conversation *conversation, size_t size)
{
    pipe_write_begin(&conversation->pipe, conversation->acknowledgement, (uint32_t)size);
    uint32_t error = pipe_write_end(&conversation->pipe, PIPE_TIMEOUT_MILLISECONDS);
    if (error)
        log_error(error, "Writing to the session pipe failed");
    return error == 0;
}

static void converse(struct service *service, const struct child *child,
                     struct conversation *conversation)
{
    uint32_t size;
    size_t answer_size;

    while (next_request(service, child, conversation, &size))
        if (!channel_serve(&conversation->channel, conversation->request, size,
                           conversation->acknowledgement, &answer_size) ||
            !acknowledge(conversation, answer_size))
            return;
}

/* Returns the exit code of the process, which has ended by itself or is ended here. */
static uint32_t end_process(const struct child *child)
{
    DWORD exit_code = 1;

    if (WaitForSingleObject(child->process, EXIT_MILLISECONDS) != WAIT_OBJECT_0) {
        TerminateProcess(child->process, 1);
        if (WaitForSingleObject(child->process, KILL_MILLISECONDS) != WAIT_OBJECT_0) {
            log_error(ERROR_TIMEOUT, "OpenVPN process %lu does not end", (unsigned long)child->id);
            return exit_code;
        }
    }
    GetExitCodeProcess(child->process, &exit_code);
    return exit_code;
}

static void answer_exit(struct answer *answer, uint32_t exit_code)
{
    char16_t words[64];
    struct text text = TEXT_ON(words);

    text_append_format(&text, "OpenVPN exited with error: exit code = %lu",
                       (unsigned long)exit_code);
    answer_failure(answer, failure_of(ERROR_OPENVPN_STARTUP, words));
}

void follow_child(struct service *service, struct client_user *place, struct child *child,
                  struct answer *answer)
{
    struct conversation conversation = {0};
    const struct channel_options options = {
        .process_id = child->id,
        .vpn_adapters = service->settings.vpn_adapters,
        .ignore_dnssec = service->settings.ignore_dnssec,
        .user = clients_changes(place),
    };

    channel_open(&conversation.channel, service->ledger, service->network, &child->layout,
                 &options);
    uint32_t error = pipe_open(&conversation.pipe, TAKE(child->channel));
    if (error) {
        log_error(error, "The session pipe cannot be served");
    } else {
        stack_give_back();
        converse(service, child, &conversation);
    }

    uint32_t exit_code = end_process(child);
    if (exit_code)
        answer_exit(answer, exit_code);
    size_t before = ledger_left(service->ledger), left = channel_close(&conversation.channel);
    if (left > before)
        log_error(ERROR_GEN_FAILURE, "%u network changes could not be undone yet", (unsigned)left);
    if (left) /* also when no more are left: they may be others than before */
        upkeep_ask(service, UPKEEP_RETRY);
    pipe_close(&conversation.pipe);
}
