/* SPDX-License-Identifier: MIT */
#include "client/cli/firewall/names.h"

#include "base/text.h"

#include <string.h>
#include <winsock2.h>
#include <ws2tcpip.h>

_Static_assert((int)FAMILY_IPV4 == AF_INET && (int)FAMILY_IPV6 == AF_INET6,
               "families are numbered as Windows does");

static bool ip_of_sockaddr(const struct sockaddr *address, struct ip *ip)
{
    *ip = (struct ip){.family = (uint16_t)address->sa_family};
    if (ip->family == FAMILY_IPV4)
        memcpy(ip->bytes, &((const struct sockaddr_in *)address)->sin_addr, 4);
    else if (ip->family == FAMILY_IPV6)
        memcpy(ip->bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
    else
        return false;
    return true;
}

static uint32_t names_ask(const char16_t *name, uint16_t family, struct ip ips[], size_t capacity,
                          size_t *count)
{
    /* One type of socket, so that each address comes once. */
    const ADDRINFOW wanted = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    ADDRINFOW *found = NULL;
    *count = 0;
    const int error = GetAddrInfoW(name, NULL, &wanted, &found);
    if (error)
        return (uint32_t)error;
    for (const ADDRINFOW *row = found; row && *count < capacity; row = row->ai_next)
        if (ip_of_sockaddr(row->ai_addr, &ips[*count]))
            ++*count;
    FreeAddrInfoW(found);
    return 0;
}

uint32_t names_resolve(void *context, const char *host, uint16_t family, struct ip ips[],
                       size_t capacity, size_t *count)
{
    char16_t name[REMOTE_HOST_BYTES];
    WSADATA data;
    (void)context;
    name[text_from_utf8(host, strlen(host), name, ARRAY_COUNT(name) - 1)] = 0;
    uint32_t error = (uint32_t)WSAStartup(MAKEWORD(2, 2), &data);
    if (error)
        return error;
    error = names_ask(name, family, ips, capacity, count);
    WSACleanup();
    return error;
}
