/* SPDX-License-Identifier: MIT */
#include "adapters.h"
#include "store.h"

#include <stdio.h>

void adapter_guid(const struct interface_row *adapter, wchar_t text[ADAPTER_GUID])
{
    const uint8_t *bytes = adapter->guid;
    GUID id;
    memcpy(&id, bytes, sizeof(id));
    _snwprintf(text, ADAPTER_GUID, L"{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", id.Data1,
               id.Data2, id.Data3, bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13],
               bytes[14], bytes[15]);
}

void adapter_key(const struct interface_row *adapter, enum adapter_key which,
                 wchar_t path[REGISTRY_PATH])
{
    static const wchar_t *const parents[] = {
        [ADAPTER_IPV4] = REGISTRY_TCPIP L"\\Parameters\\Interfaces\\",
        [ADAPTER_IPV6] = REGISTRY_TCPIP6 L"\\Parameters\\Interfaces\\",
        [ADAPTER_NETBT] = REGISTRY_NETBT L"\\Parameters\\Interfaces\\Tcpip_",
        [ADAPTER_CLASS] = REGISTRY_CLASS L"\\",
    };
    wchar_t name[ADAPTER_GUID];
    if (which == ADAPTER_CLASS)
        _snwprintf(name, ADAPTER_GUID, L"%04u", adapter->index);
    else
        adapter_guid(adapter, name);
    wcscpy(path, parents[which]);
    wcscat(path, name);
}

void adapter_add_keys(const wchar_t *folder, const struct interface_row *adapter)
{
    wchar_t path[REGISTRY_PATH], guid[ADAPTER_GUID];
    if (!*adapter->component_id)
        return;
    adapter_guid(adapter, guid);
    adapter_key(adapter, ADAPTER_CLASS, path);
    store_set_text(folder, path, L"ComponentId", adapter->component_id);
    store_set_text(folder, path, L"NetCfgInstanceId", guid);
    store_set_text(folder, path, L"DriverDesc", adapter->description);
    adapter_key(adapter, ADAPTER_IPV4, path);
    store_set_number(folder, path, L"EnableDHCP", 1);
    adapter_key(adapter, ADAPTER_IPV6, path);
    store_set_number(folder, path, L"EnableDHCP", 1);
    adapter_key(adapter, ADAPTER_NETBT, path);
    store_set_list(folder, path, L"NameServerList", L"");
    store_set_number(folder, path, L"NetbiosOptions", 0);
}

void adapter_delete_keys(const wchar_t *folder, const struct interface_row *adapter)
{
    wchar_t path[REGISTRY_PATH];
    for (enum adapter_key which = ADAPTER_IPV4; which <= ADAPTER_CLASS; which++) {
        adapter_key(adapter, which, path);
        store_delete_key(folder, path);
    }
}
