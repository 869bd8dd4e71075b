/* SPDX-License-Identifier: MIT */
#include "system/win32/rows.h"

#include <string.h>

SOCKADDR_INET sockaddr_of(const struct ip *ip)
{
    SOCKADDR_INET address;
    memset(&address, 0, sizeof(address));
    address.si_family = ip->family;
    if (ip->family == AF_INET)
        memcpy(&address.Ipv4.sin_addr, ip->bytes, sizeof(address.Ipv4.sin_addr));
    else if (ip->family == AF_INET6)
        memcpy(&address.Ipv6.sin6_addr, ip->bytes, sizeof(address.Ipv6.sin6_addr));
    return address;
}

struct ip ip_of(const SOCKADDR_INET *address)
{
    struct ip ip = {.family = address->si_family};
    if (ip.family == AF_INET)
        memcpy(ip.bytes, &address->Ipv4.sin_addr, sizeof(address->Ipv4.sin_addr));
    else if (ip.family == AF_INET6)
        memcpy(ip.bytes, &address->Ipv6.sin6_addr, sizeof(address->Ipv6.sin6_addr));
    return ip;
}
