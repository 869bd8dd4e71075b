/* SPDX-License-Identifier: MIT */
/* pipe_io.h: reading and writing one message pipe, with a time limit on every wait.
 *
 * At most one read and two writes are outstanding at a time, each with an event that is made once.
 * Windows cancels what a thread has begun when that thread ends. Whatever a peer does is an error
 * code here, and nothing more. */
#ifndef SERVICE_PIPE_IO_H
#define SERVICE_PIPE_IO_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

/* The time limit of every read and write of the protocol: docs/protocol.md, "Time limits". */
enum { PIPE_TIMEOUT_MILLISECONDS = 2000 };

struct pipe {
    HANDLE handle; /* opened for overlapped use */
    OVERLAPPED reading;
    bool is_reading; /* outstanding: Windows uses buffer and event */
    struct pipe_write {
        OVERLAPPED overlapped;
        bool is_outstanding; /* likewise */
        uint32_t error;      /* of a write that has ended at once */
    } writes[2], *last_write;
};

/* Takes `handle` over. Returns 0 or a Win32 error; the pipe is to be closed in both cases.
 * Zero-initialise it. */
uint32_t pipe_open(struct pipe *pipe, HANDLE handle);

/* Cancels what is outstanding and closes the pipe. The peer can still read what it has not read
 * yet, but for what is cancelled. */
void pipe_close(struct pipe *pipe);

/* The same for the server's end, but disconnects the client before: what it has not read is lost,
 * and Windows forgets this instance of the pipe even if the client keeps its handle. */
void pipe_disconnect(struct pipe *pipe);

/* Starts reading one message into `buffer`, which belongs to the system until pipe_read_end().
 * Returns 0 when a message was there, ERROR_IO_PENDING when pipe->reading.hEvent will be set, or
 * what pipe_read_end() returns. With ERROR_MORE_DATA the buffer is full. */
uint32_t pipe_read_begin(struct pipe *pipe, void *buffer, uint32_t size, uint32_t *got);

/* The result of a read that was pending: 0, ERROR_MORE_DATA (the message is longer than the
 * buffer), ERROR_BROKEN_PIPE (the peer is gone), or another Win32 error. */
uint32_t pipe_read_end(struct pipe *pipe, uint32_t *got);

/* Reads one message within `milliseconds`. Further errors: WAIT_TIMEOUT, and ERROR_CANCELLED when
 * `stop` (an event) is set first. */
uint32_t pipe_read(struct pipe *pipe, void *buffer, uint32_t size, uint32_t milliseconds,
                   HANDLE stop, uint32_t *got);

/* Reads the rest of a message whose beginning has been read (ERROR_MORE_DATA) and throws it away,
 * within `milliseconds`: until then its sender may be held up in the write, and it would lose the
 * reply if the pipe were closed. Gives up after 1 MiB. */
void pipe_discard(struct pipe *pipe, uint32_t milliseconds, HANDLE stop);

/* Starts writing one message, while at most one other is outstanding. `bytes` must live until the
 * write has ended or the pipe is closed. */
void pipe_write_begin(struct pipe *pipe, const void *bytes, uint32_t size);

/* Waits for the peer to make room for the last message, and so for all before it, and cancels the
 * write after `milliseconds` (WAIT_TIMEOUT). Returns 0 too if nothing has been written. */
uint32_t pipe_write_end(struct pipe *pipe, uint32_t milliseconds);

#endif
