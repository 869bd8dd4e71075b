/* SPDX-License-Identifier: MIT */
/* numeric.h: IPv4 and IPv6 addresses as text and back, the same on every platform.
 *
 * Written as RFC 5952 asks for; read strictly: four decimal numbers without leading zeros, or the
 * forms of RFC 4291, 2.2. No zone, no port, no prefix length. */
#ifndef DNS_NUMERIC_H
#define DNS_NUMERIC_H

#include "base/text.h"
#include "wire/message.h"

/* Units of the longest address, the terminator included. */
enum { NUMERIC_CAPACITY = 46 };

/* Appends the address; nothing when there is no such family. */
void numeric_append(struct text *text, int16_t family, const struct message_ip *ip);

/* False when the `length` units are no address. `ip` is zero behind an IPv4 address. */
bool numeric_parse(const char16_t *text, size_t length, int16_t *family, struct message_ip *ip);

#endif
