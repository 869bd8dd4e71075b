/* SPDX-License-Identifier: MIT */
/* numeric.h: converts IPv4 and IPv6 addresses to text and back, in the same way on every platform.
 *
 * Writes IPv6 addresses as RFC 5952 recommends. Reads IPv4 addresses of four decimal numbers
 * without leading zeros, and the forms of RFC 4291, 2.2 for IPv6, without zone, port or prefix. */
#ifndef BASE_NUMERIC_H
#define BASE_NUMERIC_H

#include "base/ip.h"
#include "base/text.h"

/* Units of the longest address as text, the terminator included. */
enum { NUMERIC_CAPACITY = 46 };

/* Appends the address; appends nothing for an unknown family. */
void numeric_append(struct text *text, const struct ip *ip);

/* Reads an address from all of the `length` units. Returns false if they are not an address. */
bool numeric_parse(const char16_t *text, size_t length, struct ip *ip);

#endif
