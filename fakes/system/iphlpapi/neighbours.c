/* SPDX-License-Identifier: MIT */
/* The neighbour cache, which is not in the model. */
#include "rows.h"

static uint32_t flush(enum call call, ADDRESS_FAMILY family, NET_IFINDEX index, uint32_t missing)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, call);
    record_number(&watch.record, "family", family);
    machine_lock(MODEL);
    const struct interface_row *adapter = index ? machine_interface(MODEL, 0, index) : NULL;
    record_interface(&watch.record, adapter);
    machine_unlock(MODEL);
    if (!error && family != AF_UNSPEC && !is_family(family))
        error = ERROR_INVALID_PARAMETER;
    if (!error && index && !adapter)
        error = missing;
    return watch_end(&watch, error);
}

/* IPv4 only. */
DWORD WINAPI FlushIpNetTable(DWORD index)
{
    return flush(CALL_FlushIpNetTable, AF_INET, index, ERROR_INVALID_PARAMETER);
}

/* Index 0: of all interfaces. */
DWORD WINAPI FlushIpNetTable2(ADDRESS_FAMILY family, NET_IFINDEX index)
{
    return flush(CALL_FlushIpNetTable2, family, index, ERROR_NOT_FOUND);
}
