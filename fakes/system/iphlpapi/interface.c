/* SPDX-License-Identifier: MIT */
/* Interfaces and their settings for each IP family. Errors as in Microsoft's documentation. */
#include "rows.h"

/* InitializeIpInterfaceEntry() fills with -1 the fields that SetIpInterfaceEntry() leaves
 * unchanged. */
#define UNCHANGED      0xFFFFFFFFu
#define UNCHANGED_FLAG 0xFFu

/* The smallest MTU that Windows accepts. */
enum { MINIMUM_MTU_IPV4 = 576, MINIMUM_MTU_IPV6 = 1280 };

/* The largest that an adapter's driver can, unless its own is larger: Windows may take more and
 * keep this. That no document says; tests/hardware asks. */
enum { MAXIMUM_MTU = 9000 };

static const ADDRESS_FAMILY families[INTERFACE_FAMILIES] = {AF_INET, AF_INET6};

static void ip_interface_to_windows(const struct interface_row *adapter, size_t family,
                                    MIB_IPINTERFACE_ROW *row)
{
    const struct interface_ip *ip = &adapter->ip[family];
    *row = (MIB_IPINTERFACE_ROW){
        .Family = families[family],
        .InterfaceLuid.Value = adapter->luid,
        .InterfaceIndex = adapter->index,
        .MaxReassemblySize = UNCHANGED,
        .MinRouterAdvertisementInterval = 200,
        .MaxRouterAdvertisementInterval = 600,
        .AdvertisingEnabled = (BOOLEAN)ip->advertising,
        .ForwardingEnabled = (BOOLEAN)ip->forwarding,
        .WeakHostSend = (BOOLEAN)ip->weak_host_send,
        .WeakHostReceive = (BOOLEAN)ip->weak_host_receive,
        .UseAutomaticMetric = (BOOLEAN)ip->use_automatic_metric,
        .UseNeighborUnreachabilityDetection = TRUE,
        .AdvertiseDefaultRoute = (BOOLEAN)ip->advertise_default_route,
        .RouterDiscoveryBehavior = (NL_ROUTER_DISCOVERY_BEHAVIOR)ip->router_discovery,
        .DadTransmits = ip->dad_transmits,
        .BaseReachableTime = 30000,
        .RetransmitTime = 1000,
        .PathMtuDiscoveryTimeout = 600000,
        .LinkLocalAddressBehavior = family == INTERFACE_IPV4 ? LinkLocalDelayed : LinkLocalAlwaysOn,
        .LinkLocalAddressTimeout = 6500,
        .SitePrefixLength = 64, /* also for IPv4, where SetIpInterfaceEntry() refuses it */
        .Metric = ip->metric,
        .NlMtu = ip->mtu,
        .Connected = (BOOLEAN)adapter->connected,
        .SupportsNeighborDiscovery = TRUE,
        .SupportsRouterDiscovery = TRUE,
        .ReachableTime = 30000,
        .DisableDefaultRoutes = (BOOLEAN)ip->disable_default_routes,
    };
}

/* The row's interface and family; the lock must be held. */
static uint32_t find_row(const MIB_IPINTERFACE_ROW *row, const struct interface_row **adapter,
                         size_t *family)
{
    *family = row->Family == AF_INET6;
    uint32_t error =
        interface_of(&row->InterfaceLuid, row->InterfaceIndex, ERROR_FILE_NOT_FOUND, adapter);
    if (!error && !(*adapter)->ip[*family].present)
        error = ERROR_NOT_FOUND;
    return error;
}

DWORD WINAPI GetIpInterfaceEntry(MIB_IPINTERFACE_ROW *row)
{
    struct watch watch;
    const struct interface_row *adapter;
    size_t family;
    uint32_t error = watch_begin(&watch, CALL_GetIpInterfaceEntry);
    if (!error && (!row || !is_family(row->Family)))
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return watch_end(&watch, error);
    machine_lock(MODEL);
    error = find_row(row, &adapter, &family);
    record_interface(&watch.record, adapter);
    record_number(&watch.record, "family", row->Family);
    if (!error)
        ip_interface_to_windows(adapter, family, row);
    machine_unlock(MODEL);
    return watch_end(&watch, error);
}

static void set_interface_flag(uint32_t *value, BOOLEAN wanted)
{
    if (wanted != UNCHANGED_FLAG)
        *value = wanted != 0;
}

static void take(uint32_t *value, uint32_t wanted)
{
    if (wanted != UNCHANGED)
        *value = wanted;
}

static uint32_t take_row(const MIB_IPINTERFACE_ROW *row, struct interface_row *adapter,
                         size_t family)
{
    struct interface_ip *ip = &adapter->ip[family];
    uint32_t minimum = family == INTERFACE_IPV4 ? MINIMUM_MTU_IPV4 : MINIMUM_MTU_IPV6;
    bool site_prefix = row->SitePrefixLength != UNCHANGED;
    if ((site_prefix && row->SitePrefixLength > (family == INTERFACE_IPV4 ? 32u : 128u)) ||
        (row->NlMtu != UNCHANGED && row->NlMtu < minimum))
        return ERROR_INVALID_PARAMETER;
    set_interface_flag(&ip->advertising, row->AdvertisingEnabled);
    set_interface_flag(&ip->forwarding, row->ForwardingEnabled);
    set_interface_flag(&ip->weak_host_send, row->WeakHostSend);
    set_interface_flag(&ip->weak_host_receive, row->WeakHostReceive);
    set_interface_flag(&ip->use_automatic_metric, row->UseAutomaticMetric);
    set_interface_flag(&ip->advertise_default_route, row->AdvertiseDefaultRoute);
    set_interface_flag(&ip->disable_default_routes, row->DisableDefaultRoutes);
    take(&ip->router_discovery, (uint32_t)row->RouterDiscoveryBehavior);
    take(&ip->dad_transmits, row->DadTransmits);
    take(&ip->metric, row->Metric);
    take(&ip->mtu, row->NlMtu);
    const uint32_t most = adapter->link_mtu > MAXIMUM_MTU ? adapter->link_mtu : MAXIMUM_MTU;
    if (ip->mtu > most)
        ip->mtu = most;
    if (ip->use_automatic_metric)
        ip->metric = adapter->automatic_metric;
    return 0;
}

DWORD WINAPI SetIpInterfaceEntry(MIB_IPINTERFACE_ROW *row)
{
    struct watch watch;
    const struct interface_row *adapter;
    struct interface_row changed;
    size_t family;
    uint32_t error = watch_begin(&watch, CALL_SetIpInterfaceEntry);
    if (!error && (!row || !is_family(row->Family)))
        error = ERROR_INVALID_PARAMETER;
    if (!row)
        return watch_end(&watch, error);
    machine_lock(MODEL);
    uint32_t missing = find_row(row, &adapter, &family);
    record_interface(&watch.record, adapter);
    record_number(&watch.record, "family", row->Family);
    record_number(&watch.record, "metric", row->Metric);
    record_number(&watch.record, "use_automatic_metric", row->UseAutomaticMetric);
    record_number(&watch.record, "mtu", row->NlMtu);
    if (!error)
        error = missing;
    if (!error) {
        changed = *adapter;
        error = take_row(row, &changed, family);
    }
    if (!error)
        error = machine_set_interface(MODEL, &changed);
    if (!error)
        row->InterfaceLuid.Value = adapter->luid;
    machine_unlock(MODEL);
    return watch_end(&watch, error);
}

void WINAPI InitializeIpInterfaceEntry(MIB_IPINTERFACE_ROW *row)
{
    memset(row, 0xFF, sizeof(*row));
    row->Family = AF_UNSPEC;
    row->InterfaceLuid.Value = 0;
    row->InterfaceIndex = 0;
    row->InterfaceIdentifier = 0;
    memset(row->ZoneIndices, 0, sizeof(row->ZoneIndices));
}

DWORD WINAPI GetIpInterfaceTable(ADDRESS_FAMILY family, MIB_IPINTERFACE_TABLE **table)
{
    struct watch watch;
    uint32_t error = table_begin(&watch, CALL_GetIpInterfaceTable, family, table);
    if (error)
        return watch_end(&watch, error);

    MIB_IPINTERFACE_TABLE *rows =
        table_allocate(offsetof(MIB_IPINTERFACE_TABLE, Table),
                       MACHINE_INTERFACES * INTERFACE_FAMILIES, sizeof(*rows->Table));
    machine_lock(MODEL);
    const struct interface_row *adapter;
    for (size_t cursor = 0; rows && (adapter = machine_next_interface(MODEL, &cursor));)
        for (size_t which = 0; which < INTERFACE_FAMILIES; which++)
            if (adapter->ip[which].present && wants_family(family, families[which]))
                ip_interface_to_windows(adapter, which, &rows->Table[rows->NumEntries++]);
    machine_unlock(MODEL);
    *table = rows;
    return watch_end(&watch, rows ? 0 : ERROR_NOT_ENOUGH_MEMORY);
}

static void interface_to_windows(const struct interface_row *adapter, MIB_IF_ROW2 *row)
{
    *row = (MIB_IF_ROW2){
        .InterfaceLuid.Value = adapter->luid,
        .InterfaceIndex = adapter->index,
        .Mtu = adapter->link_mtu,
        .Type = adapter->type,
        .AccessType = adapter->type == IF_TYPE_SOFTWARE_LOOPBACK ? NET_IF_ACCESS_LOOPBACK
                                                                 : NET_IF_ACCESS_BROADCAST,
        .DirectionType = NET_IF_DIRECTION_SENDRECEIVE,
        .OperStatus = adapter->connected ? IfOperStatusUp : IfOperStatusDown,
        .AdminStatus = NET_IF_ADMIN_STATUS_UP,
        .MediaConnectState =
            adapter->connected ? MediaConnectStateConnected : MediaConnectStateDisconnected,
        .ConnectionType = NET_IF_CONNECTION_DEDICATED,
        .TransmitLinkSpeed = 1000000000,
        .ReceiveLinkSpeed = 1000000000,
    };
    row->InterfaceAndOperStatusFlags.HardwareInterface = adapter->physical != 0;
    row->InterfaceAndOperStatusFlags.ConnectorPresent = adapter->physical != 0;
    memcpy(&row->InterfaceGuid, adapter->guid, sizeof(row->InterfaceGuid));
    wcscpy(row->Alias, adapter->alias);
    wcscpy(row->Description, adapter->description);
}

DWORD WINAPI GetIfEntry2(MIB_IF_ROW2 *row)
{
    struct watch watch;
    const struct interface_row *adapter;
    uint32_t error = watch_begin(&watch, CALL_GetIfEntry2);
    if (!error && !row)
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return watch_end(&watch, error);
    machine_lock(MODEL);
    error = interface_of(&row->InterfaceLuid, row->InterfaceIndex, ERROR_FILE_NOT_FOUND, &adapter);
    record_interface(&watch.record, adapter);
    if (adapter)
        interface_to_windows(adapter, row);
    machine_unlock(MODEL);
    return watch_end(&watch, error);
}

DWORD WINAPI GetIfTable2(MIB_IF_TABLE2 **table)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_GetIfTable2);
    if (!error && !table)
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return watch_end(&watch, error);
    MIB_IF_TABLE2 *rows =
        table_allocate(offsetof(MIB_IF_TABLE2, Table), MACHINE_INTERFACES, sizeof(*rows->Table));
    machine_lock(MODEL);
    const struct interface_row *adapter;
    for (size_t cursor = 0; rows && (adapter = machine_next_interface(MODEL, &cursor));)
        interface_to_windows(adapter, &rows->Table[rows->NumEntries++]);
    machine_unlock(MODEL);
    *table = rows;
    return watch_end(&watch, rows ? 0 : ERROR_NOT_ENOUGH_MEMORY);
}
