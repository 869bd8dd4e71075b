/* SPDX-License-Identifier: MIT */
/* Unicast addresses. Errors as in Microsoft's documentation of each function. */
#include "rows.h"

/* For about a second Windows asks the network whether somebody else has a new address (RFC 5227,
 * RFC 4862), unless the interface asks nobody. */
static NL_DAD_STATE dad_state_of(const struct address_row *address,
                                 const struct interface_row *adapter)
{
    enum { SECOND = 10000000 };
    const size_t family = address->address.family == AF_INET ? INTERFACE_IPV4 : INTERFACE_IPV6;
    if (adapter && adapter->ip[family].dad_transmits && file_time_now() - address->created < SECOND)
        return IpDadStateTentative;
    return (NL_DAD_STATE)address->dad_state;
}

static void address_to_windows(const struct address_row *address, MIB_UNICASTIPADDRESS_ROW *row)
{
    const struct interface_row *adapter = machine_interface(MODEL, address->luid, 0);
    *row = (MIB_UNICASTIPADDRESS_ROW){
        .InterfaceLuid.Value = address->luid,
        .InterfaceIndex = adapter ? adapter->index : 0,
        .PrefixOrigin = (NL_PREFIX_ORIGIN)address->prefix_origin,
        .SuffixOrigin = (NL_SUFFIX_ORIGIN)address->suffix_origin,
        .ValidLifetime = address->valid_lifetime,
        .PreferredLifetime = address->preferred_lifetime,
        .OnLinkPrefixLength = address->prefix_length,
        .SkipAsSource = address->skip_as_source,
        .DadState = dad_state_of(address, adapter),
        .CreationTimeStamp.QuadPart = (LONGLONG)address->created,
    };
    row->ScopeId.Value = address->scope_id;
    ip_to_windows(&address->address, &row->Address);
}

/* The caller's row, with "unchanged" and "unspecified" values replaced by Windows' choice. */
static uint32_t address_from_windows(const MIB_UNICASTIPADDRESS_ROW *row,
                                     struct address_row *address)
{
    *address = (struct address_row){
        .created = file_time_now(),
        .prefix_origin =
            row->PrefixOrigin == IpPrefixOriginUnchanged ? IpPrefixOriginManual : row->PrefixOrigin,
        .suffix_origin =
            row->SuffixOrigin == IpSuffixOriginUnchanged ? IpSuffixOriginManual : row->SuffixOrigin,
        .valid_lifetime = row->ValidLifetime,
        .preferred_lifetime = row->PreferredLifetime,
        .dad_state = IpDadStatePreferred,
        .scope_id = row->ScopeId.Value,
        .prefix_length = row->OnLinkPrefixLength,
        .skip_as_source = row->SkipAsSource != 0,
    };
    if (!ip_from_windows(&row->Address, &address->address))
        return ERROR_INVALID_PARAMETER;
    uint8_t bits = family_bits(row->Address.si_family);
    if (address->prefix_length == 255)
        address->prefix_length = bits;
    bool multicast =
        bits == 32 ? address->address.bytes[0] >= 224 : address->address.bytes[0] == 0xFF;
    if (address->prefix_length > bits || multicast ||
        address->preferred_lifetime > address->valid_lifetime)
        return ERROR_INVALID_PARAMETER;
    return 0;
}

static void record_address(struct record *record, const struct interface_row *adapter,
                           const struct address_row *address)
{
    record_interface(record, adapter);
    record_ip(record, "address", &address->address, address->prefix_length);
}

static uint32_t change_address(enum call call, const MIB_UNICASTIPADDRESS_ROW *row,
                               uint32_t apply(struct machine *, const struct address_row *))
{
    struct watch watch;
    struct address_row address;
    const struct interface_row *adapter;
    uint32_t error = watch_begin(&watch, call);
    if (!row)
        return watch_end(&watch, error ? error : ERROR_INVALID_PARAMETER);

    uint32_t invalid = address_from_windows(row, &address);
    machine_lock(MODEL);
    uint32_t missing =
        interface_of(&row->InterfaceLuid, row->InterfaceIndex, ERROR_NOT_FOUND, &adapter);
    if (adapter)
        address.luid = adapter->luid;
    record_address(&watch.record, adapter, &address);
    if (!error)
        error = invalid ? invalid : missing;
    if (!error)
        error = apply(MODEL, &address);
    machine_unlock(MODEL);
    return watch_end(&watch, error);
}

/* Keeps the fields that a program can't change. */
static uint32_t update_address(struct machine *machine, const struct address_row *wanted)
{
    const struct address_row *old = machine_address(machine, wanted->luid, &wanted->address);
    if (!old)
        return ERROR_NOT_FOUND;
    struct address_row row = *wanted;
    row.created = old->created;
    row.dad_state = old->dad_state;
    row.scope_id = old->scope_id;
    return machine_set_address(machine, &row);
}

DWORD WINAPI CreateUnicastIpAddressEntry(const MIB_UNICASTIPADDRESS_ROW *row)
{
    return change_address(CALL_CreateUnicastIpAddressEntry, row, machine_add_address);
}

DWORD WINAPI SetUnicastIpAddressEntry(const MIB_UNICASTIPADDRESS_ROW *row)
{
    return change_address(CALL_SetUnicastIpAddressEntry, row, update_address);
}

/* Only the address and the interface identify the row. */
DWORD WINAPI DeleteUnicastIpAddressEntry(const MIB_UNICASTIPADDRESS_ROW *row)
{
    MIB_UNICASTIPADDRESS_ROW key = {.OnLinkPrefixLength = 255};
    if (row) {
        key.Address = row->Address;
        key.InterfaceLuid = row->InterfaceLuid;
        key.InterfaceIndex = row->InterfaceIndex;
    }
    return change_address(CALL_DeleteUnicastIpAddressEntry, row ? &key : NULL,
                          machine_delete_address);
}

DWORD WINAPI GetUnicastIpAddressEntry(MIB_UNICASTIPADDRESS_ROW *row)
{
    struct watch watch;
    struct machine_ip ip;
    const struct interface_row *adapter;
    uint32_t error = watch_begin(&watch, CALL_GetUnicastIpAddressEntry);
    if (!error && (!row || !ip_from_windows(&row->Address, &ip)))
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return watch_end(&watch, error);

    machine_lock(MODEL);
    error = interface_of(&row->InterfaceLuid, row->InterfaceIndex, ERROR_FILE_NOT_FOUND, &adapter);
    record_interface(&watch.record, adapter);
    record_ip(&watch.record, "address", &ip, -1);
    const struct address_row *found = error ? NULL : machine_address(MODEL, adapter->luid, &ip);
    if (found)
        address_to_windows(found, row);
    else if (!error)
        error = ERROR_NOT_FOUND;
    machine_unlock(MODEL);
    return watch_end(&watch, error);
}

DWORD WINAPI GetUnicastIpAddressTable(ADDRESS_FAMILY family, MIB_UNICASTIPADDRESS_TABLE **table)
{
    struct watch watch;
    uint32_t error = table_begin(&watch, CALL_GetUnicastIpAddressTable, family, table);
    if (error)
        return watch_end(&watch, error);

    machine_lock(MODEL);
    const struct address_row *address;
    ULONG count = 0;
    for (size_t cursor = 0; (address = machine_next_address(MODEL, &cursor));)
        count += wants_family(family, address->address.family);
    MIB_UNICASTIPADDRESS_TABLE *rows =
        table_allocate(offsetof(MIB_UNICASTIPADDRESS_TABLE, Table), count, sizeof(*rows->Table));
    if (rows)
        for (size_t cursor = 0; (address = machine_next_address(MODEL, &cursor));)
            if (wants_family(family, address->address.family))
                address_to_windows(address, &rows->Table[rows->NumEntries++]);
    machine_unlock(MODEL);
    *table = rows;
    return watch_end(&watch, rows ? 0 : ERROR_NOT_ENOUGH_MEMORY);
}

void WINAPI InitializeUnicastIpAddressEntry(MIB_UNICASTIPADDRESS_ROW *row)
{
    *row = (MIB_UNICASTIPADDRESS_ROW){
        .PrefixOrigin = IpPrefixOriginUnchanged,
        .SuffixOrigin = IpSuffixOriginUnchanged,
        .ValidLifetime = 0xFFFFFFFF,
        .PreferredLifetime = 0xFFFFFFFF,
        .OnLinkPrefixLength = 255,
        .DadState = IpDadStateInvalid,
    };
}
