/* SPDX-License-Identifier: MIT */
/* link.h: the TCP connection to openvpn's management interface on 127.0.0.1. */
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link {
    uintptr_t socket; /* a SOCKET; meaningless unless open */
    void *event;      /* signalled when there is something to receive */
    bool open;
};

/* Once per process, before the rest. Returns 0 or a Win32 code. */
uint32_t link_prepare(void);

/* A port that is free now. */
uint32_t link_free_port(uint16_t *port);

/* Connects to `port`, once. The listener must belong to `process_id`, by Windows' table of
 * listeners, before and after: whoever else took the port first would be given the password.
 *   0                        connected.
 *   ERROR_NOT_READY          nobody listens there yet.
 *   ERROR_WRONG_TARGET_NAME  another process listens there.
 *   anything else            Windows' reason. */
uint32_t link_open(struct link *link, uint16_t port, uint32_t process_id);

/* Sends all of it; bounded by a few seconds when nobody reads. */
uint32_t link_send(struct link *link, const char *bytes, size_t size);

/* What is there now: *got bytes, 0 when there is nothing. ERROR_HANDLE_EOF when openvpn has closed
 * the connection, else Windows' reason. */
uint32_t link_receive(struct link *link, char *bytes, size_t capacity, size_t *got);

void link_close(struct link *link);

#endif
