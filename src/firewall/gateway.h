/* SPDX-License-Identifier: MIT */
/* gateway.h: the VPN servers that openvpn.exe may reach while the kill switch blocks.
 *
 *     gateway = IPv4 [ ":" endpoint ]         ; 198.51.100.7:1194/udp
 *             / IPv6                          ; 2001:db8::7
 *             / "[" IPv6 "]" ":" endpoint     ; [2001:db8::7]:443/tcp
 *     endpoint = port [ "/" ( "udp" / "tcp" ) ]
 *     port     = %x31-39 *4DIGIT              ; 1 to 65535
 *
 * Addresses are written as base/numeric.h reads them. An IPv4 address in an IPv6 one
 * (::ffff:192.0.2.1) is that IPv4 address. */
#ifndef FIREWALL_GATEWAY_H
#define FIREWALL_GATEWAY_H

#include "base/ip.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gateway {
    struct ip ip;
    uint16_t port;    /* host byte order; 0: any, and any protocol */
    uint8_t protocol; /* PROTOCOL_TCP, PROTOCOL_UDP, or 0: both */
};

enum {
    GATEWAYS_MAX = 64,
    GATEWAY_UNITS = 64 /* of the longest as text, the terminator included */
};

struct gateways {
    size_t count;
    struct gateway items[GATEWAYS_MAX];
};

/* Reads a gateway from all of the `length` units. Returns 0, or a code and in `reason` a sentence
 * for a person, without a full stop; the gateway is undefined then:
 *
 *     ERROR_INVALID_NETNAME    a name: while the kill switch blocks it could not be resolved
 *     ERROR_NOT_SUPPORTED      a prefix
 *     WSAEADDRNOTAVAIL         0.0.0.0, ::, loopback, multicast or broadcast: no server has it
 *     ERROR_INVALID_PARAMETER  anything else that the grammar does not allow */
uint32_t gateway_parse(const char16_t *text, size_t length, struct gateway *gateway,
                       const char16_t **reason);

/* Appends it as gateway_parse() reads it. */
void gateway_append(struct text *text, const struct gateway *gateway);

bool gateway_equal(const struct gateway *a, const struct gateway *b);

/* Adds a gateway unless it is there. ERROR_NOT_ENOUGH_QUOTA: GATEWAYS_MAX others are. */
uint32_t gateways_add(struct gateways *gateways, const struct gateway *gateway);

#endif
