/* SPDX-License-Identifier: MIT */
/* The settings of an interface for an address family: metric, MTU, and its cache of neighbours. */
#include "system/win32/rows.h"

static uint32_t win32_get_interface_row(uint64_t interface_luid, uint16_t family,
                                        MIB_IPINTERFACE_ROW *row)
{
    InitializeIpInterfaceEntry(row);
    row->InterfaceLuid.Value = interface_luid;
    row->Family = family;
    return GetIpInterfaceEntry(row);
}

/* For IPv4, GetIpInterfaceEntry() returns a SitePrefixLength that SetIpInterfaceEntry() refuses
 * (Microsoft, SetIpInterfaceEntry: it must be 0 to 32). */
static uint32_t win32_set_interface_row(MIB_IPINTERFACE_ROW *row)
{
    if (row->Family == AF_INET)
        row->SitePrefixLength = 0;
    return SetIpInterfaceEntry(row);
}

uint32_t win32_get_metric(struct network *self, uint64_t interface_luid, uint16_t family,
                          struct interface_metric *metric)
{
    MIB_IPINTERFACE_ROW row;
    uint32_t error = win32_get_interface_row(interface_luid, family, &row);
    (void)self;
    if (error)
        return error;
    *metric = (struct interface_metric){.automatic = row.UseAutomaticMetric, .metric = row.Metric};
    return 0;
}

uint32_t win32_set_metric(struct network *self, uint64_t interface_luid, uint16_t family,
                          const struct interface_metric *metric)
{
    MIB_IPINTERFACE_ROW row;
    uint32_t error = win32_get_interface_row(interface_luid, family, &row);
    (void)self;
    if (error)
        return error;
    row.UseAutomaticMetric = metric->automatic;
    row.Metric = metric->metric;
    return win32_set_interface_row(&row);
}

uint32_t win32_get_mtu(struct network *self, uint64_t interface_luid, uint16_t family,
                       uint32_t *mtu)
{
    MIB_IPINTERFACE_ROW row;
    uint32_t error = win32_get_interface_row(interface_luid, family, &row);
    (void)self;
    if (!error)
        *mtu = row.NlMtu;
    return error;
}

uint32_t win32_set_mtu(struct network *self, uint64_t interface_luid, uint16_t family, uint32_t mtu)
{
    MIB_IPINTERFACE_ROW row;
    uint32_t error = win32_get_interface_row(interface_luid, family, &row);
    (void)self;
    if (error)
        return error;
    row.NlMtu = mtu;
    return win32_set_interface_row(&row);
}

uint32_t win32_flush_neighbors(struct network *self, uint64_t interface_luid, uint16_t family)
{
    NET_LUID luid = {.Value = interface_luid};
    NET_IFINDEX index;
    uint32_t error = ConvertInterfaceLuidToIndex(&luid, &index);
    (void)self;
    if (error)
        return error;
    return family == AF_INET ? FlushIpNetTable(index) : FlushIpNetTable2(family, index);
}
