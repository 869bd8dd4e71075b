/* SPDX-License-Identifier: MIT */
/* tapctl.exe, which creates and deletes VPN adapters:
 *
 * tapctl create [--name <name>] [--hwid <hardware id>] prints the adapter's GUID; tapctl delete
 * <name or GUID> */
#include "adapters.h"
#include "program.h"

#include <stdio.h>

enum { DEVICE_NOT_INSTALLED = 1, USAGE = 1, TOKEN_BYTES = 2048 };

/* Windows installs and removes devices only for those who may load drivers; the privilege need not
 * be enabled, because the program enables it. */
static bool may_install_devices(void)
{
    union {
        TOKEN_PRIVILEGES privileges;
        BYTE bytes[TOKEN_BYTES];
    } held;
    DWORD size = sizeof(held);
    LUID needed;
    HANDLE token;
    bool holds = false;
    if (!LookupPrivilegeValueW(NULL, L"SeLoadDriverPrivilege", &needed) ||
        !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return false;
    if (GetTokenInformation(token, TokenPrivileges, &held, size, &size))
        for (DWORD i = 0; i < held.privileges.PrivilegeCount; i++)
            holds =
                holds || memcmp(&held.privileges.Privileges[i].Luid, &needed, sizeof(needed)) == 0;
    CloseHandle(token);
    return holds;
}

static const struct {
    const wchar_t *hardware_id, *name, *description;
    uint32_t type;
} drivers[] = {
    {L"root\\tap0901", L"OpenVPN TAP-Windows6", L"TAP-Windows Adapter V9", 6},
    {L"tap0901", L"OpenVPN TAP-Windows6", L"TAP-Windows Adapter V9", 6},
    {L"wintun", L"OpenVPN Wintun", L"Wintun Userspace Tunnel", 53},
    {L"ovpn-dco", L"OpenVPN Data Channel Offload", L"OpenVPN Data Channel Offload", 53},
};

/* "OpenVPN Wintun", "OpenVPN Wintun #1"...: the first name that no interface has. */
static void choose_alias(const wchar_t *wanted, wchar_t alias[MACHINE_ALIAS_UNITS])
{
    wcscpy(alias, wanted);
    for (unsigned number = 1; machine_interface_by_alias(&watched_machine, alias); number++)
        _snwprintf(alias, MACHINE_ALIAS_UNITS, L"%ls #%u", wanted, number);
}

static uint32_t free_index(void)
{
    uint32_t index = 20;
    while (machine_interface(&watched_machine, 0, index))
        index++;
    return index;
}

static void describe_adapter(size_t driver, const wchar_t *name, struct interface_row *row)
{
    *row = (struct interface_row){
        .index = free_index(),
        .type = drivers[driver].type,
        .vpn = 1,
        .link_mtu = 1500,
        .automatic_metric = 25,
    };
    GUID guid = {0x5E1D2000 + row->index, 0xAB12, 0x4CD3, {0x8A, 7, 6, 5, 4, 3, 2, 1}};
    row->luid = (uint64_t)row->type << 48 | (uint64_t)(0x2000 + row->index) << 24;
    memcpy(row->guid, &guid, sizeof(row->guid));
    wcscpy(row->description, drivers[driver].description);
    wcscpy(row->component_id, drivers[driver].hardware_id);
    choose_alias(name ? name : drivers[driver].name, row->alias);
    for (size_t family = 0; family < INTERFACE_FAMILIES; family++)
        row->ip[family] = (struct interface_ip){
            .present = 1, .metric = 25, .use_automatic_metric = 1, .mtu = 1500};
}

static uint32_t create(const wchar_t *name, const wchar_t *hardware_id)
{
    struct interface_row row;
    wchar_t guid[ADAPTER_GUID];
    size_t driver = 0;
    while (driver < ARRAYSIZE(drivers) && _wcsicmp(drivers[driver].hardware_id, hardware_id) != 0)
        driver++;
    if (driver == ARRAYSIZE(drivers) || (name && wcslen(name) > 200)) {
        program_print("Creating TUN/TAP adapter failed.\r\n");
        return DEVICE_NOT_INSTALLED;
    }
    if (!may_install_devices())
        return ERROR_ACCESS_DENIED;
    machine_lock(&watched_machine);
    describe_adapter(driver, name, &row);
    uint32_t error = machine_add_interface(&watched_machine, &row);
    machine_unlock(&watched_machine);
    if (error)
        return DEVICE_NOT_INSTALLED;
    adapter_add_keys(watched_machine.folder, &row);
    adapter_guid(&row, guid);
    program_print("%ls\r\n", guid);
    return 0;
}

static uint32_t delete (const wchar_t *which)
{
    struct interface_row row = {0};
    const struct interface_row *adapter;
    wchar_t guid[ADAPTER_GUID];
    if (!may_install_devices())
        return ERROR_ACCESS_DENIED;
    machine_lock(&watched_machine);
    for (size_t cursor = 0; (adapter = machine_next_interface(&watched_machine, &cursor));) {
        adapter_guid(adapter, guid);
        if (adapter->vpn && (_wcsicmp(guid, which) == 0 || wcscmp(adapter->alias, which) == 0))
            row = *adapter;
    }
    uint32_t error = row.luid ? machine_delete_interface(&watched_machine, row.luid) : 1;
    machine_unlock(&watched_machine);
    if (error)
        return DEVICE_NOT_INSTALLED;
    adapter_delete_keys(watched_machine.folder, &row);
    return 0;
}

static uint32_t tapctl(int count, wchar_t **arguments)
{
    const wchar_t *verb = count ? arguments[0] : L"", *name = NULL, *hardware_id = L"root\\tap0901";
    if (wcscmp(verb, L"delete") == 0 && count == 2)
        return delete (arguments[1]);
    for (int i = 1; i < count; i += 2) {
        if (i + 1 < count && wcscmp(arguments[i], L"--name") == 0)
            name = arguments[i + 1];
        else if (i + 1 < count && wcscmp(arguments[i], L"--hwid") == 0)
            hardware_id = arguments[i + 1];
        else
            return USAGE;
    }
    return wcscmp(verb, L"create") == 0 ? create(name, hardware_id) : USAGE;
}

int wmain(int count, wchar_t **arguments);

int wmain(int count, wchar_t **arguments)
{
    return program_run(CALL_tapctl, count, arguments, tapctl);
}
