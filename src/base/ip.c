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

static bool ip_bit(const struct ip *ip, unsigned at)
{
    return ip->bytes[at / 8] & 0x80u >> at % 8;
}

bool ip_is_within(const struct ip *ip, const struct ip *prefix, unsigned length)
{
    if (ip->family != prefix->family)
        return false;
    for (unsigned at = 0; at < length && at < ip_bits(ip->family); at++)
        if (ip_bit(ip, at) != ip_bit(prefix, at))
            return false;
    return true;
}

bool ip_is_link_local(const struct ip *ip)
{
    static const struct ip ipv4 = {FAMILY_IPV4, {169, 254}}, ipv6 = {FAMILY_IPV6, {0xFE, 0x80}};
    return ip_is_within(ip, &ipv4, 16) || ip_is_within(ip, &ipv6, 10);
}

void ip_cut(struct ip *ip, unsigned length)
{
    for (unsigned at = length; at < 8 * sizeof(ip->bytes); at++)
        ip->bytes[at / 8] &= (uint8_t) ~(0x80u >> at % 8);
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
