/* SPDX-License-Identifier: MIT */
/* ip.h: IP addresses of both families. */
#ifndef BASE_IP_H
#define BASE_IP_H

#include <stdbool.h>
#include <stdint.h>

/* AF_INET and AF_INET6, as Windows numbers them. */
enum { FAMILY_IPV4 = 2, FAMILY_IPV6 = 23 };

/* Network byte order, IPv4 in the first four bytes and zeros behind. */
struct ip {
    uint16_t family;
    uint8_t bytes[16];
};

/* Bits of an address of the family; 0: there is no such family. */
unsigned ip_bits(uint16_t family);

/* Whether there is such a family, and prefixes of this length in it. */
bool ip_prefix_is_valid(uint16_t family, uint8_t length);

/* Whether there is such a family, and nothing but zeros behind the address. */
bool ip_is_valid(const struct ip *ip);

/* Whether both are of one family and agree in the first `length` bits, as far as it has them. */
bool ip_is_within(const struct ip *ip, const struct ip *prefix, unsigned length);

/* 169.254.0.0/16 and fe80::/10. */
bool ip_is_link_local(const struct ip *ip);

/* Clears all bits behind the first `length`. */
void ip_cut(struct ip *ip, unsigned length);

/* For logs: IPv4 as usual, IPv6 as eight groups of four digits. */
enum { IP_LINE_SIZE = 40 };
void ip_to_line(const struct ip *ip, char line[IP_LINE_SIZE]);

#endif
