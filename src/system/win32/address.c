/* SPDX-License-Identifier: MIT */
#include "system/win32/rows.h"

/* Windows identifies an address by interface and address; the other members are its settings.
 * Windows sets DadState, ScopeId and CreationTimeStamp itself and ignores them here (Microsoft,
 * CreateUnicastIpAddressEntry). */
static MIB_UNICASTIPADDRESS_ROW address_key_row(const struct address_key *key)
{
    MIB_UNICASTIPADDRESS_ROW row;
    InitializeUnicastIpAddressEntry(&row);
    row.InterfaceLuid.Value = key->interface_luid;
    row.Address = sockaddr_of(&key->address);
    return row;
}

static MIB_UNICASTIPADDRESS_ROW address_full_row(const struct address_key *key,
                                                 const struct address_settings *settings)
{
    MIB_UNICASTIPADDRESS_ROW row = address_key_row(key);
    row.OnLinkPrefixLength = settings->prefix_length;
    row.SkipAsSource = settings->skip_as_source;
    row.PrefixOrigin = (NL_PREFIX_ORIGIN)settings->prefix_origin;
    row.SuffixOrigin = (NL_SUFFIX_ORIGIN)settings->suffix_origin;
    row.ValidLifetime = settings->valid_lifetime;
    row.PreferredLifetime = settings->preferred_lifetime;
    return row;
}

uint32_t win32_get_address(struct network *self, const struct address_key *key,
                           struct address_settings *settings)
{
    MIB_UNICASTIPADDRESS_ROW row = address_key_row(key);
    uint32_t error = GetUnicastIpAddressEntry(&row);
    (void)self;
    if (error)
        return error;
    *settings = (struct address_settings){
        .prefix_length = row.OnLinkPrefixLength,
        .skip_as_source = row.SkipAsSource,
        .prefix_origin = (uint32_t)row.PrefixOrigin,
        .suffix_origin = (uint32_t)row.SuffixOrigin,
        .valid_lifetime = row.ValidLifetime,
        .preferred_lifetime = row.PreferredLifetime,
    };
    return 0;
}

uint32_t win32_create_address(struct network *self, const struct address_key *key,
                              const struct address_settings *settings)
{
    MIB_UNICASTIPADDRESS_ROW row = address_full_row(key, settings);
    (void)self;
    return CreateUnicastIpAddressEntry(&row);
}

uint32_t win32_set_address(struct network *self, const struct address_key *key,
                           const struct address_settings *settings)
{
    MIB_UNICASTIPADDRESS_ROW row = address_full_row(key, settings);
    (void)self;
    return SetUnicastIpAddressEntry(&row);
}

uint32_t win32_delete_address(struct network *self, const struct address_key *key)
{
    MIB_UNICASTIPADDRESS_ROW row = address_key_row(key);
    (void)self;
    return DeleteUnicastIpAddressEntry(&row);
}

/* ERROR_NOT_FOUND: there are no addresses of this family (Microsoft, GetUnicastIpAddressTable). */
uint32_t win32_is_in_subnet(struct network *self, uint64_t interface_luid, const struct ip *ip,
                            bool *is_in)
{
    MIB_UNICASTIPADDRESS_TABLE *table;
    uint32_t error = GetUnicastIpAddressTable(ip->family, &table);
    (void)self;
    *is_in = false;
    if (error)
        return error == ERROR_NOT_FOUND ? 0 : error;
    for (ULONG i = 0; i < table->NumEntries && !*is_in; i++) {
        const MIB_UNICASTIPADDRESS_ROW *row = &table->Table[i];
        const struct ip address = ip_of(&row->Address);
        *is_in = row->InterfaceLuid.Value == interface_luid &&
                 ip_is_within(ip, &address, row->OnLinkPrefixLength);
    }
    FreeMibTable(table);
    return 0;
}
