/* SPDX-License-Identifier: MIT */
/* The settings of an interface for an address family: metric, MTU, and its cache of neighbours. */
#include "system/win32/rows.h"

/* Of an initialised row Windows leaves every field as it is (Microsoft,
 * InitializeIpInterfaceEntry), so what others set meanwhile is kept. */
static MIB_IPINTERFACE_ROW interface_key_row(uint64_t interface_luid, uint16_t family)
{
    MIB_IPINTERFACE_ROW row;
    InitializeIpInterfaceEntry(&row);
    row.InterfaceLuid.Value = interface_luid;
    row.Family = family;
    return row;
}

static uint32_t win32_get_interface_row(uint64_t interface_luid, uint16_t family,
                                        MIB_IPINTERFACE_ROW *row)
{
    *row = interface_key_row(interface_luid, family);
    return GetIpInterfaceEntry(row);
}

struct interface_change {
    const struct interface_metric *metric; /* or NULL: as it is */
    const uint32_t *mtu;                   /* likewise */
};

static uint32_t win32_set_interface_fields(MIB_IPINTERFACE_ROW *row,
                                           const struct interface_change *change)
{
    if (change->metric) {
        row->UseAutomaticMetric = change->metric->automatic;
        row->Metric = change->metric->metric;
    }
    if (change->mtu)
        row->NlMtu = *change->mtu;
    if (row->Family == AF_INET)
        row->SitePrefixLength = 0; /* it must be 0 to 32, and is 64 where it was read */
    return SetIpInterfaceEntry(row);
}

/* A Windows that refuses an unchanged field gets the row as it is. */
static uint32_t win32_change_interface(uint64_t interface_luid, uint16_t family,
                                       const struct interface_change *change)
{
    MIB_IPINTERFACE_ROW row = interface_key_row(interface_luid, family);
    uint32_t error = win32_set_interface_fields(&row, change);
    if (error != ERROR_INVALID_PARAMETER)
        return error;
    error = win32_get_interface_row(interface_luid, family, &row);
    return error ? error : win32_set_interface_fields(&row, change);
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
    (void)self;
    return win32_change_interface(interface_luid, family,
                                  &(struct interface_change){.metric = metric});
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
    (void)self;
    return win32_change_interface(interface_luid, family, &(struct interface_change){.mtu = &mtu});
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
