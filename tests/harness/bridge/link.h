/* SPDX-License-Identifier: MIT */
/* link.h: the connection to the driver: stdin and stdout, or a socket where the driver has not
 * started this program itself. */
#ifndef BRIDGE_LINK_H
#define BRIDGE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Connects to the driver, which listens on this port of 127.0.0.1, in place of stdin and stdout.
 * Returns 0 or an error of Windows Sockets. */
uint32_t link_connect(uint16_t port);

/* Waits for bytes from the driver. False when it has gone. */
bool link_read(void *bytes, size_t capacity, size_t *got);

/* Sends all of it, or as much as the driver takes. */
void link_write(const void *bytes, size_t size);

#endif
