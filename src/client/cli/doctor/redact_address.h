/* SPDX-License-Identifier: MIT */
/* redact_address.h: addresses in a text. */
#ifndef CLIENT_DOCTOR_REDACT_ADDRESS_H
#define CLIENT_DOCTOR_REDACT_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the IPv4 or IPv6 address (RFC 4291, 2.2) that `text` begins with, as an IPv6 address: IPv4
 * as ::ffff:a.b.c.d. Returns its length, or 0 when there is none that ends there. */
size_t redact_address_read(const char *text, uint8_t bytes[16]);

/* Whether the address is one of the Internet. Private, link-local, shared and loopback addresses,
 * multicast, the unspecified address and masks are not. */
bool redact_address_is_public(const uint8_t bytes[16]);

/* The length of the hardware address (six pairs of hexadecimal digits between ':' or '-') that
 * `text` begins with; 0: none. */
size_t redact_hardware_read(const char *text);

#endif
