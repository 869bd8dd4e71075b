/* SPDX-License-Identifier: MIT */
#include "system/win32/rows.h"

#include <string.h>

/* Windows sets Age and Origin itself and ignores them here (Microsoft, CreateIpForwardEntry2). */
static MIB_IPFORWARD_ROW2 route_key_row(const struct route_key *key)
{
    MIB_IPFORWARD_ROW2 row;
    memset(&row, 0, sizeof(row));
    row.InterfaceLuid.Value = key->interface_luid;
    row.DestinationPrefix.Prefix = sockaddr_of(&key->prefix);
    row.DestinationPrefix.PrefixLength = key->prefix_length;
    row.NextHop = sockaddr_of(&key->next_hop);
    return row;
}

static MIB_IPFORWARD_ROW2 route_full_row(const struct route_key *key,
                                         const struct route_settings *settings)
{
    MIB_IPFORWARD_ROW2 row = route_key_row(key);
    row.Metric = settings->metric;
    row.Protocol = (NL_ROUTE_PROTOCOL)settings->protocol;
    row.ValidLifetime = settings->valid_lifetime;
    row.PreferredLifetime = settings->preferred_lifetime;
    row.SitePrefixLength = settings->site_prefix_length;
    row.Loopback = settings->loopback;
    row.AutoconfigureAddress = settings->autoconfigure_address;
    row.Publish = settings->publish;
    row.Immortal = settings->immortal;
    return row;
}

uint32_t win32_get_route(struct network *self, const struct route_key *key,
                         struct route_settings *settings)
{
    MIB_IPFORWARD_ROW2 row = route_key_row(key);
    uint32_t error = GetIpForwardEntry2(&row);
    (void)self;
    if (error)
        return error;
    *settings = (struct route_settings){
        .metric = row.Metric,
        .protocol = (uint32_t)row.Protocol,
        .valid_lifetime = row.ValidLifetime,
        .preferred_lifetime = row.PreferredLifetime,
        .site_prefix_length = row.SitePrefixLength,
        .loopback = row.Loopback,
        .autoconfigure_address = row.AutoconfigureAddress,
        .publish = row.Publish,
        .immortal = row.Immortal,
    };
    return 0;
}

uint32_t win32_create_route(struct network *self, const struct route_key *key,
                            const struct route_settings *settings)
{
    MIB_IPFORWARD_ROW2 row = route_full_row(key, settings);
    (void)self;
    return CreateIpForwardEntry2(&row);
}

uint32_t win32_set_route(struct network *self, const struct route_key *key,
                         const struct route_settings *settings)
{
    MIB_IPFORWARD_ROW2 row = route_full_row(key, settings);
    (void)self;
    return SetIpForwardEntry2(&row);
}

uint32_t win32_delete_route(struct network *self, const struct route_key *key)
{
    MIB_IPFORWARD_ROW2 row = route_key_row(key);
    (void)self;
    return DeleteIpForwardEntry2(&row);
}

/* ERROR_NOT_FOUND: there are no routes of this family (Microsoft, GetIpForwardTable2). */
uint32_t win32_has_default_route(struct network *self, uint64_t interface_luid, uint16_t family,
                                 bool *has)
{
    MIB_IPFORWARD_TABLE2 *table;
    uint32_t error = GetIpForwardTable2(family, &table);
    (void)self;
    *has = false;
    if (error)
        return error == ERROR_NOT_FOUND ? 0 : error;
    for (ULONG i = 0; i < table->NumEntries && !*has; i++)
        *has = table->Table[i].InterfaceLuid.Value == interface_luid &&
               table->Table[i].DestinationPrefix.PrefixLength == 0;
    FreeMibTable(table);
    return 0;
}
