/* SPDX-License-Identifier: MIT */
#include "base/ip.h"

#include <stdio.h>

unsigned ip_bits(uint16_t family)
{
    return family == FAMILY_IPV4 ? 32 : family == FAMILY_IPV6 ? 128 : 0;
}

bool ip_prefix_is_valid(uint16_t family, uint8_t length)
{
    unsigned bits = ip_bits(family);
    return bits && length <= bits;
}

bool ip_is_valid(const struct ip *ip)
{
    const unsigned size = ip_bits(ip->family) / 8;
    for (unsigned i = size; i < sizeof(ip->bytes); i++)
        if (ip->bytes[i])
            return false;
    return size;
}

void ip_to_line(const struct ip *ip, char line[IP_LINE_SIZE])
{
    const uint8_t *b = ip->bytes;
    if (ip->family == FAMILY_IPV4) {
        snprintf(line, IP_LINE_SIZE, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
        return;
    }
    for (unsigned group = 0; group < 8; group++)
        snprintf(line + 5 * group, 6, "%02x%02x%s", b[2 * group], b[2 * group + 1],
                 group < 7 ? ":" : "");
}
