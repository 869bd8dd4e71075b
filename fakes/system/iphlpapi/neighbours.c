/* SPDX-License-Identifier: MIT */
/* Functions without an effect on the model: the neighbour cache and change notifications. */
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

/* Nothing changes by itself on this machine: only the initial notification is sent. */
static uint32_t subscribe(struct watch *watch, uint32_t error, ADDRESS_FAMILY family, bool callable,
                          HANDLE *handle)
{
    static LONG subscriptions;
    record_number(&watch->record, "family", family);
    if (!error && (!callable || !handle))
        error = ERROR_INVALID_PARAMETER;
    if (!error) {
        *handle = (HANDLE)(INT_PTR)InterlockedIncrement(&subscriptions);
        record_number(&watch->record, "subscription", (uint64_t)(UINT_PTR)*handle);
    }
    return watch_end(watch, error);
}

DWORD WINAPI NotifyIpInterfaceChange(ADDRESS_FAMILY family, PIPINTERFACE_CHANGE_CALLBACK callback,
                                     void *context, BOOLEAN initial, HANDLE *handle)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_NotifyIpInterfaceChange);
    error = subscribe(&watch, error, family, callback != NULL, handle);
    if (!error && initial)
        callback(context, NULL, MibInitialNotification);
    return error;
}

DWORD WINAPI NotifyRouteChange2(ADDRESS_FAMILY family, PIPFORWARD_CHANGE_CALLBACK callback,
                                void *context, BOOLEAN initial, HANDLE *handle)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_NotifyRouteChange2);
    error = subscribe(&watch, error, family, callback != NULL, handle);
    if (!error && initial)
        callback(context, NULL, MibInitialNotification);
    return error;
}

DWORD WINAPI CancelMibChangeNotify2(HANDLE handle)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_CancelMibChangeNotify2);
    record_number(&watch.record, "subscription", (uint64_t)(UINT_PTR)handle);
    if (!error && !handle)
        error = ERROR_INVALID_PARAMETER;
    return watch_end(&watch, error);
}
