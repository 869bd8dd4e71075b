/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/adapter_list.h"

#include "base/text.h"
#include "base/win32/handles.h"
#include "policy/vpn_adapters.h"

/* Keep this order: netioapi.h needs the socket types, which must be included before windows.h. */
#include <winsock2.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>

#include <stdio.h>
#include <string.h>

enum { MOST_ADAPTERS = 256 };

/* Below it is a key for each adapter that is or was installed. */
static const char16_t ADAPTER_CLASS[] =
    u"SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e972-e325-11ce-bfc1-08002be10318}";

static bool read_adapter_text(HKEY class, const char16_t *name, const char16_t *value,
                              char16_t *text, DWORD units)
{
    DWORD size = units * (DWORD)sizeof(*text);
    *text = 0;
    return RegGetValueW(class, name, value, RRF_RT_REG_SZ, NULL, text, &size) == ERROR_SUCCESS;
}

static bool parse_guid(const char16_t *text, GUID *guid)
{
    unsigned long a;
    unsigned b, c, d[8];
    char line[ADAPTER_GUID_UNITS];
    text_to_line(text, line, sizeof(line));
    if (sscanf(line, "{%8lx-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x}", &a, &b, &c, &d[0], &d[1], &d[2],
               &d[3], &d[4], &d[5], &d[6], &d[7]) != 11)
        return false;
    *guid = (GUID){a, (unsigned short)b, (unsigned short)c, {0}};
    for (size_t i = 0; i < ARRAY_COUNT(d); i++)
        guid->Data4[i] = (unsigned char)d[i];
    return true;
}

/* One that was uninstalled, or is unplugged, has no LUID. */
static bool read_adapter(HKEY class, const char16_t *name, const char16_t *drivers,
                         struct adapter *adapter)
{
    NET_LUID luid;
    GUID guid;
    memset(adapter, 0, sizeof(*adapter));
    if (!read_adapter_text(class, name, u"NetCfgInstanceId", adapter->guid, ADAPTER_GUID_UNITS) ||
        !read_adapter_text(class, name, u"ComponentId", adapter->driver, ADAPTER_TEXT_UNITS) ||
        !parse_guid(adapter->guid, &guid) || ConvertInterfaceGuidToLuid(&guid, &luid))
        return false;
    read_adapter_text(class, name, u"DriverVersion", adapter->version, ADAPTER_TEXT_UNITS);
    ConvertInterfaceLuidToAlias(&luid, adapter->alias, ADAPTER_ALIAS_UNITS);
    adapter->luid = luid.Value;
    adapter->is_vpn =
        vpn_adapters_are_all(drivers) || vpn_adapters_include(drivers, adapter->driver);
    return true;
}

uint32_t adapter_list_read(const char16_t *drivers, struct adapter_list *list)
{
    CLEANUP_KEY HKEY class = NULL;
    char16_t name[ADAPTER_TEXT_UNITS];
    uint32_t error = (uint32_t)RegOpenKeyExW(HKEY_LOCAL_MACHINE, ADAPTER_CLASS, 0,
                                             KEY_READ | KEY_WOW64_64KEY, &class);
    *list = (struct adapter_list){calloc(MOST_ADAPTERS, sizeof(*list->adapters)), 0};
    if (!list->adapters)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (DWORD i = 0; !error && list->count < MOST_ADAPTERS; i++) {
        DWORD units = ARRAY_COUNT(name);
        error = (uint32_t)RegEnumKeyExW(class, i, name, &units, NULL, NULL, NULL, NULL);
        if (!error && read_adapter(class, name, drivers, &list->adapters[list->count]))
            list->count++;
    }
    return error == ERROR_NO_MORE_ITEMS ? 0 : error;
}

void adapter_list_free(struct adapter_list *list)
{
    free(list->adapters);
    *list = (struct adapter_list){NULL, 0};
}
