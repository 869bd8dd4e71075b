/* SPDX-License-Identifier: MIT */
/* Routes. Errors as in Microsoft's documentation of each function. A route is identified by
 * interface, prefix and next hop, whatever its metric. */
#include "rows.h"

/* The metric 0xffffffff is replaced by this one. */
enum { METRIC_OPEN = -1, METRIC_CHOSEN = 256 };

static void route_to_windows(const struct route_row *route, MIB_IPFORWARD_ROW2 *row)
{
    const struct interface_row *adapter = machine_interface(MODEL, route->luid, 0);
    *row = (MIB_IPFORWARD_ROW2){
        .InterfaceLuid.Value = route->luid,
        .InterfaceIndex = adapter ? adapter->index : 0,
        .DestinationPrefix.PrefixLength = route->prefix_length,
        .SitePrefixLength = route->site_prefix_length,
        .ValidLifetime = route->valid_lifetime,
        .PreferredLifetime = route->preferred_lifetime,
        .Metric = route->metric,
        .Protocol = (NL_ROUTE_PROTOCOL)route->protocol,
        .Loopback = route->loopback,
        .AutoconfigureAddress = route->autoconfigure_address,
        .Publish = route->publish,
        .Immortal = route->immortal,
        .Age = seconds_since(route->created),
        .Origin = (NL_ROUTE_ORIGIN)route->origin,
    };
    ip_to_windows(&route->prefix, &row->DestinationPrefix.Prefix);
    ip_to_windows(&route->next_hop, &row->NextHop);
}

static bool has_host_bits(const struct machine_ip *prefix, uint8_t length)
{
    for (unsigned bit = length; bit < family_bits(prefix->family); bit++)
        if (prefix->bytes[bit / 8] >> (7 - bit % 8) & 1)
            return true;
    return false;
}

/* Age and Origin are set by the system. */
static uint32_t route_from_windows(const MIB_IPFORWARD_ROW2 *row, struct route_row *route)
{
    *route = (struct route_row){
        .created = file_time_now(),
        .metric = row->Metric == (ULONG)METRIC_OPEN ? METRIC_CHOSEN : row->Metric,
        .protocol = row->Protocol,
        .origin = NlroManual,
        .valid_lifetime = row->ValidLifetime,
        .preferred_lifetime = row->PreferredLifetime,
        .prefix_length = row->DestinationPrefix.PrefixLength,
        .site_prefix_length = row->SitePrefixLength,
        .loopback = row->Loopback != 0,
        .autoconfigure_address = row->AutoconfigureAddress != 0,
        .publish = row->Publish != 0,
        .immortal = row->Immortal != 0,
    };
    bool families = ip_from_windows(&row->DestinationPrefix.Prefix, &route->prefix);
    families = ip_from_windows(&row->NextHop, &route->next_hop) && families;
    if (!families || route->prefix.family != route->next_hop.family ||
        route->prefix_length > family_bits(route->prefix.family) ||
        has_host_bits(&route->prefix, route->prefix_length) ||
        route->site_prefix_length > route->prefix_length ||
        route->preferred_lifetime > route->valid_lifetime)
        return ERROR_INVALID_PARAMETER;
    return 0;
}

static void record_route(struct record *record, const struct interface_row *adapter,
                         const struct route_row *route)
{
    record_interface(record, adapter);
    record_ip(record, "prefix", &route->prefix, route->prefix_length);
    record_ip(record, "next_hop", &route->next_hop, -1);
}

static uint32_t change_route(enum call call, const MIB_IPFORWARD_ROW2 *row,
                             uint32_t apply(struct machine *, const struct route_row *))
{
    struct watch watch;
    struct route_row route;
    const struct interface_row *adapter;
    uint32_t error = watch_begin(&watch, call);
    if (!row)
        return watch_end(&watch, error ? error : ERROR_INVALID_PARAMETER);

    uint32_t invalid = route_from_windows(row, &route);
    machine_lock(MODEL);
    uint32_t missing =
        interface_of(&row->InterfaceLuid, row->InterfaceIndex, ERROR_NOT_FOUND, &adapter);
    if (adapter)
        route.luid = adapter->luid;
    record_route(&watch.record, adapter, &route);
    record_number(&watch.record, "metric", row->Metric);
    record_number(&watch.record, "protocol", route.protocol);
    if (!error)
        error = invalid ? invalid : missing;
    if (!error)
        error = apply(MODEL, &route);
    machine_unlock(MODEL);
    return watch_end(&watch, error);
}

static uint32_t update_route(struct machine *machine, const struct route_row *wanted)
{
    const struct route_row *old = machine_route(machine, wanted);
    if (!old)
        return ERROR_NOT_FOUND;
    struct route_row row = *wanted;
    row.created = old->created;
    row.origin = old->origin;
    return machine_set_route(machine, &row);
}

DWORD WINAPI CreateIpForwardEntry2(const MIB_IPFORWARD_ROW2 *row)
{
    return change_route(CALL_CreateIpForwardEntry2, row, machine_add_route);
}

DWORD WINAPI SetIpForwardEntry2(const MIB_IPFORWARD_ROW2 *row)
{
    return change_route(CALL_SetIpForwardEntry2, row, update_route);
}

/* Only the identifying fields count. */
DWORD WINAPI DeleteIpForwardEntry2(const MIB_IPFORWARD_ROW2 *row)
{
    MIB_IPFORWARD_ROW2 key = {0};
    if (row) {
        key.InterfaceLuid = row->InterfaceLuid;
        key.InterfaceIndex = row->InterfaceIndex;
        key.DestinationPrefix = row->DestinationPrefix;
        key.NextHop = row->NextHop;
        key.Metric = row->Metric;
        key.Protocol = row->Protocol;
    }
    return change_route(CALL_DeleteIpForwardEntry2, row ? &key : NULL, machine_delete_route);
}

DWORD WINAPI GetIpForwardEntry2(MIB_IPFORWARD_ROW2 *row)
{
    struct watch watch;
    struct route_row key = {0};
    const struct interface_row *adapter;
    uint32_t error = watch_begin(&watch, CALL_GetIpForwardEntry2);
    if (!error && (!row || !ip_from_windows(&row->DestinationPrefix.Prefix, &key.prefix) ||
                   !ip_from_windows(&row->NextHop, &key.next_hop) ||
                   row->DestinationPrefix.PrefixLength > family_bits(key.prefix.family)))
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return watch_end(&watch, error);
    key.prefix_length = row->DestinationPrefix.PrefixLength;

    machine_lock(MODEL);
    error = interface_of(&row->InterfaceLuid, row->InterfaceIndex, ERROR_FILE_NOT_FOUND, &adapter);
    record_route(&watch.record, adapter, &key);
    key.luid = adapter ? adapter->luid : 0;
    const struct route_row *found = error ? NULL : machine_route(MODEL, &key);
    if (found)
        route_to_windows(found, row);
    else if (!error)
        error = ERROR_NOT_FOUND;
    machine_unlock(MODEL);
    return watch_end(&watch, error);
}

DWORD WINAPI GetIpForwardTable2(ADDRESS_FAMILY family, MIB_IPFORWARD_TABLE2 **table)
{
    struct watch watch;
    uint32_t error = table_begin(&watch, CALL_GetIpForwardTable2, family, table);
    if (error)
        return watch_end(&watch, error);

    machine_lock(MODEL);
    const struct route_row *route;
    ULONG count = 0;
    for (size_t cursor = 0; (route = machine_next_route(MODEL, &cursor));)
        count += wants_family(family, route->prefix.family);
    MIB_IPFORWARD_TABLE2 *rows =
        table_allocate(offsetof(MIB_IPFORWARD_TABLE2, Table), count, sizeof(*rows->Table));
    if (rows)
        for (size_t cursor = 0; (route = machine_next_route(MODEL, &cursor));)
            if (wants_family(family, route->prefix.family))
                route_to_windows(route, &rows->Table[rows->NumEntries++]);
    machine_unlock(MODEL);
    *table = rows;
    return watch_end(&watch, rows ? 0 : ERROR_NOT_ENOUGH_MEMORY);
}

static bool covers(const struct route_row *route, const struct machine_ip *destination)
{
    if (route->prefix.family != destination->family)
        return false;
    for (unsigned bit = 0; bit < route->prefix_length; bit++)
        if ((route->prefix.bytes[bit / 8] ^ destination->bytes[bit / 8]) >> (7 - bit % 8) & 1)
            return false;
    return true;
}

/* The longest prefix, then the lowest sum of the route's and its interface's metric. */
static const struct route_row *best_route(const struct machine_ip *destination, uint64_t luid)
{
    const struct route_row *route, *best = NULL;
    uint64_t best_metric = 0;
    for (size_t cursor = 0; (route = machine_next_route(MODEL, &cursor));) {
        if ((luid && route->luid != luid) || !covers(route, destination))
            continue;
        const struct interface_row *adapter = machine_interface(MODEL, route->luid, 0);
        uint64_t metric =
            (uint64_t)route->metric + adapter->ip[destination->family == AF_INET6].metric;
        if (best && (route->prefix_length < best->prefix_length ||
                     (route->prefix_length == best->prefix_length && metric >= best_metric)))
            continue;
        best = route;
        best_metric = metric;
    }
    return best;
}

DWORD WINAPI GetBestRoute2(NET_LUID *luid, NET_IFINDEX index, const SOCKADDR_INET *source,
                           const SOCKADDR_INET *destination, ULONG sort_options,
                           MIB_IPFORWARD_ROW2 *best, SOCKADDR_INET *best_source)
{
    struct watch watch;
    struct machine_ip ip = {0};
    const struct interface_row *adapter = NULL;
    uint32_t error = watch_begin(&watch, CALL_GetBestRoute2);
    (void)source, (void)sort_options;
    if (!error && (!destination || !best || !best_source || !ip_from_windows(destination, &ip)))
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return watch_end(&watch, error);

    machine_lock(MODEL);
    NET_LUID wanted = luid ? *luid : (NET_LUID){0};
    if (wanted.Value || index)
        error = interface_of(&wanted, index, ERROR_FILE_NOT_FOUND, &adapter);
    record_ip(&watch.record, "destination", &ip, -1);
    const struct route_row *route = error ? NULL : best_route(&ip, adapter ? adapter->luid : 0);
    if (route) {
        const struct address_row *address;
        route_to_windows(route, best);
        *best_source = (SOCKADDR_INET){.si_family = ip.family};
        for (size_t cursor = 0; (address = machine_next_address(MODEL, &cursor));)
            if (address->luid == route->luid && address->address.family == ip.family)
                ip_to_windows(&address->address, best_source);
    } else if (!error) {
        error = ERROR_NETWORK_UNREACHABLE;
    }
    machine_unlock(MODEL);
    return watch_end(&watch, error);
}

void WINAPI InitializeIpForwardEntry(MIB_IPFORWARD_ROW2 *row)
{
    *row = (MIB_IPFORWARD_ROW2){
        .ValidLifetime = 0xFFFFFFFF,
        .PreferredLifetime = 0xFFFFFFFF,
        .Metric = 0xFFFFFFFF,
        .Protocol = MIB_IPPROTO_NETMGMT,
        .Loopback = TRUE,
        .AutoconfigureAddress = TRUE,
        .Publish = TRUE,
        .Immortal = TRUE,
    };
}
