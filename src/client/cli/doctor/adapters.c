/* SPDX-License-Identifier: MIT */
/* The adapters of a VPN, and their drivers. */
#include "client/cli/doctor/adapter_list.h"
#include "client/cli/doctor/doctor.h"
#include "client/cli/doctor/file_version.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "policy/vpn_adapters.h"

#include <stdio.h>
#include <windows.h>

enum { MOST_LINES = 16 };

static const char16_t *drivers_of(const struct doctor *doctor)
{
    const char16_t *drivers = doctor_setting(doctor, SETTING_VPN_ADAPTERS);
    return *drivers ? drivers : VPN_ADAPTERS_DEFAULT;
}

/* From 2.7 on openvpn.exe has the service make an adapter by tapctl.exe when it needs one. */
static bool can_make_adapter(const struct doctor *doctor)
{
    char16_t path[SETTING_PATH + 16];
    struct text tapctl = TEXT_ON(path);
    struct file_version version;
    unsigned major = 0, minor = 0;
    text_append(&tapctl, doctor_setting(doctor, SETTING_BIN_DIR));
    text_append(&tapctl, u"tapctl.exe");
    if (GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES ||
        file_version_read(doctor_setting(doctor, SETTING_EXE_PATH), &version))
        return false;
    return sscanf(UTF8(version.version), "%u.%u", &major, &minor) == 2 &&
           (major > 2 || (major == 2 && minor >= 7));
}

static void report_no_adapter(const struct doctor *doctor, struct findings *findings)
{
    const bool can_be_made = can_make_adapter(doctor);
    struct finding *finding =
        findings_add(findings, can_be_made ? VERDICT_WARNING : VERDICT_FAILURE, "adapters.vpn",
                     "There is no adapter with a driver of %s%s", UTF8(drivers_of(doctor)),
                     can_be_made ? "; openvpn.exe has one made when it connects" : "");
    finding_advise(finding, "Install OpenVPN with its drivers, or run as administrator: "
                            "tapctl.exe create; if another driver is used, add it to the registry "
                            "value vpn_adapters");
}

static void report_adapter(const struct adapter *adapter, struct findings *findings)
{
    struct finding *finding = findings_add(
        findings, VERDICT_OK, "adapters.vpn", "%s: driver %s%s%s", UTF8(adapter->alias),
        UTF8(adapter->driver), *adapter->version ? ", version " : "", UTF8(adapter->version));
    finding_add_detail(finding, "adapter", "%s", UTF8(adapter->alias));
    finding_add_detail(finding, "driver", "%s", UTF8(adapter->driver));
    finding_add_detail(finding, "version", "%s", UTF8(adapter->version));
}

/* OpenVPN's installer names the adapters that it makes so. */
static bool is_of_openvpn(const struct adapter *adapter)
{
    return text_starts_with(adapter->alias, u"OpenVPN");
}

static void report_other_driver(const struct adapter *adapter, struct findings *findings)
{
    struct finding *finding = findings_add(
        findings, VERDICT_WARNING, "adapters.other",
        "%s has the driver %s, which is not in vpn_adapters: the service refuses addresses and "
        "name servers for it",
        UTF8(adapter->alias), UTF8(adapter->driver));
    finding_advise(finding,
                   "If openvpn.exe is to use it, add %s to the registry value vpn_adapters and "
                   "restart the service",
                   UTF8(adapter->driver));
    finding_add_detail(finding, "adapter", "%s", UTF8(adapter->alias));
    finding_add_detail(finding, "driver", "%s", UTF8(adapter->driver));
}

void check_adapters(const struct doctor *doctor, struct findings *findings)
{
    CLEANUP(adapter_list_free) struct adapter_list list = {NULL, 0};
    size_t found = 0;
    uint32_t error = adapter_list_read(drivers_of(doctor), &list);
    if (error) {
        doctor_unreadable(findings, "adapters.vpn", "The list of adapters", error);
        return;
    }
    for (size_t i = 0; i < list.count; i++) {
        const struct adapter *adapter = &list.adapters[i];
        if (adapter->is_vpn && ++found <= MOST_LINES)
            report_adapter(adapter, findings);
        else if (!adapter->is_vpn && is_of_openvpn(adapter))
            report_other_driver(adapter, findings);
    }
    if (!found)
        report_no_adapter(doctor, findings);
}
