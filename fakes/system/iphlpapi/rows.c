/* SPDX-License-Identifier: MIT */
#include "rows.h"

bool ip_from_windows(const SOCKADDR_INET *address, struct machine_ip *ip)
{
    *ip = (struct machine_ip){0};
    if (!is_family(address->si_family))
        return false;
    ip->family = address->si_family;
    if (ip->family == AF_INET)
        memcpy(ip->bytes, &address->Ipv4.sin_addr, sizeof(address->Ipv4.sin_addr));
    else
        memcpy(ip->bytes, &address->Ipv6.sin6_addr, sizeof(address->Ipv6.sin6_addr));
    return true;
}

void ip_to_windows(const struct machine_ip *ip, SOCKADDR_INET *address)
{
    *address = (SOCKADDR_INET){0};
    address->si_family = ip->family;
    if (ip->family == AF_INET)
        memcpy(&address->Ipv4.sin_addr, ip->bytes, sizeof(address->Ipv4.sin_addr));
    else
        memcpy(&address->Ipv6.sin6_addr, ip->bytes, sizeof(address->Ipv6.sin6_addr));
}

uint64_t file_time_now(void)
{
    FILETIME time;
    GetSystemTimeAsFileTime(&time);
    return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

uint32_t seconds_since(uint64_t time)
{
    return (uint32_t)((file_time_now() - time) / 10000000);
}

uint32_t interface_of(const NET_LUID *luid, NET_IFINDEX index, uint32_t missing,
                      const struct interface_row **adapter)
{
    *adapter = NULL;
    if (!luid->Value && !index)
        return ERROR_INVALID_PARAMETER;
    *adapter = machine_interface(MODEL, luid->Value, index);
    return *adapter ? 0 : missing;
}

uint32_t table_begin(struct watch *watch, enum call call, ADDRESS_FAMILY family, const void *table)
{
    uint32_t error = watch_begin(watch, call);
    record_number(&watch->record, "family", family);
    if (!error && (!table || (family != AF_UNSPEC && !is_family(family))))
        error = ERROR_INVALID_PARAMETER;
    return error;
}

void *table_allocate(size_t rows, size_t count, size_t row_size)
{
    return HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, rows + (count ? count : 1) * row_size);
}

void WINAPI FreeMibTable(void *table)
{
    HeapFree(GetProcessHeap(), 0, table);
}
