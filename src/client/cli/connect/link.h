/* SPDX-License-Identifier: MIT */
/* link.h: the TCP connection to openvpn's management interface on 127.0.0.1. Functions return 0, a
 * Win32 code or a Winsock code. */
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link {
    uintptr_t socket; /* a SOCKET; valid only if `open` */
    void *event; /* a HANDLE; set when there are bytes to receive, or the connection is closed */
    bool open;
};

/* Initialises Winsock. Call it once, before the other functions. */
uint32_t link_prepare(void);

/* Finds a port that is free now. */
uint32_t link_free_port(uint16_t *port);

/* Tries once to connect to `port`. Before and after it checks in Windows' table of listeners that
 * the port belongs to `process_id`, because another program on this port would get the password.
 * Returns 0                        connected; ERROR_NOT_READY          no process listens on the
 * port yet; ERROR_WRONG_TARGET_NAME  another process listens on the port; another code the error of
 * Windows. */
uint32_t link_open(struct link *link, uint16_t port, uint32_t process_id);

/* Sends all bytes. Fails if the peer reads nothing for some seconds. */
uint32_t link_send(struct link *link, const char *bytes, size_t size);

/* Receives without waiting: *got bytes, 0 if there are none. Returns 0, ERROR_HANDLE_EOF if openvpn
 * has closed the connection, or the error of Windows. */
uint32_t link_receive(struct link *link, char *bytes, size_t capacity, size_t *got);

void link_close(struct link *link);

#endif
