/* SPDX-License-Identifier: MIT */
/* Name servers and routes of the VPN's adapters that no connection owns. */
#include "client/cli/doctor/adapter_list.h"
#include "client/cli/doctor/doctor.h"
#include "client/cli/doctor/processes.h"
#include "client/cli/doctor/registry_text.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/ip.h"
#include "base/text.h"
#include "policy/vpn_adapters.h"

/* Keep this order: netioapi.h needs the socket types, which must be included before windows.h. */
#include <winsock2.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>

#include <stdio.h>
#include <string.h>

/* An adapter, and who may own what it has. */
struct left_view {
    const struct doctor *doctor;
    const struct adapter *adapter;
    uint32_t other;   /* an openvpn.exe that may own them; 0: none */
    unsigned servers; /* findings so far */
    unsigned routes;
};

static bool adapter_has_session(const struct doctor *doctor, const struct adapter *adapter)
{
    for (size_t i = 0; doctor->status && i < doctor->status->count; i++)
        if (text_equal(doctor->status->sessions[i].adapter, adapter->alias))
            return true;
    return false;
}

/* One of others, or a session of which the service does not know the adapter: it has changed routes
 * only. */
static uint32_t find_other_owner(const struct doctor *doctor)
{
    for (size_t i = 0; doctor->status && i < doctor->status->count; i++)
        if (!*doctor->status->sessions[i].adapter)
            return doctor->status->sessions[i].process_id;
    return process_of_others(doctor);
}

static void report_left_setting(const struct left_view *view, const char *name, const char *what,
                                const char *advice, struct findings *findings)
{
    struct finding *finding;
    if (view->other) {
        finding = findings_add(findings, VERDICT_OK, name,
                               "%s has %s; process %lu, openvpn.exe, may own them",
                               UTF8(view->adapter->alias), what, (unsigned long)view->other);
    } else {
        finding =
            findings_add(findings, VERDICT_WARNING, name, "%s has %s, which no connection owns",
                         UTF8(view->adapter->alias), what);
        finding_advise(finding,
                       "If you have not set them: run as administrator %s; if they stay, %s",
                       COMMAND(view->doctor, "-cleanup"), advice);
    }
    finding_add_detail(finding, "adapter", "%s", UTF8(view->adapter->alias));
}

/* ---- name servers ---- */

static void look_at_servers(struct left_view *view, const char16_t *parameters, const char *family,
                            struct findings *findings)
{
    char16_t path[256], servers[REGISTRY_TEXT_UNITS];
    char what[FINDING_TEXT_SIZE / 2], advice[FINDING_TEXT_SIZE / 2];
    struct text text = TEXT_ON(path);
    text_append(&text, parameters);
    text_append(&text, u"\\Parameters\\Interfaces\\");
    text_append(&text, view->adapter->guid);
    if (registry_text_read(path, u"NameServer", servers) || !*servers)
        return;
    view->servers++;
    snprintf(what, sizeof(what), "the name servers %s", UTF8(servers));
    snprintf(advice, sizeof(advice), "netsh.exe interface %s set dnsservers \"%s\" dhcp", family,
             UTF8(view->adapter->alias));
    report_left_setting(view, "left.name_servers", what, advice, findings);
}

/* ---- routes ---- */

static void route_to_line(const MIB_IPFORWARD_ROW2 *row, char line[IP_LINE_SIZE + 8])
{
    struct ip prefix = {.family = row->DestinationPrefix.Prefix.si_family};
    char address[IP_LINE_SIZE];
    if (prefix.family == FAMILY_IPV4)
        memcpy(prefix.bytes, &row->DestinationPrefix.Prefix.Ipv4.sin_addr, 4);
    else
        memcpy(prefix.bytes, &row->DestinationPrefix.Prefix.Ipv6.sin6_addr, 16);
    ip_to_line(&prefix, address);
    snprintf(line, IP_LINE_SIZE + 8, "%s/%u", address, row->DestinationPrefix.PrefixLength);
}

/* Those that a program has made. What Windows derives from an address has another protocol. */
static void look_at_routes(struct left_view *view, const MIB_IPFORWARD_TABLE2 *table,
                           struct findings *findings)
{
    char what[FINDING_TEXT_SIZE / 2], first[IP_LINE_SIZE + 8] = "";
    unsigned count = 0;
    for (ULONG i = 0; i < table->NumEntries; i++) {
        const MIB_IPFORWARD_ROW2 *row = &table->Table[i];
        if (row->InterfaceLuid.Value != view->adapter->luid ||
            row->Protocol != (NL_ROUTE_PROTOCOL)MIB_IPPROTO_NETMGMT)
            continue;
        if (!count++)
            route_to_line(row, first);
    }
    if (!count)
        return;
    view->routes++;
    snprintf(what, sizeof(what), "%u route%s, the first to %s", count, count == 1 ? "" : "s",
             first);
    report_left_setting(view, "left.routes", what, "route.exe print, and route.exe delete each",
                        findings);
    finding_add_detail(findings->last, "count", "%u", count);
}

/* ---- all adapters ---- */

static void report_nothing_left(const struct left_view *view, struct findings *findings)
{
    if (!view->servers)
        findings_add(findings, VERDICT_OK, "left.name_servers",
                     "No adapter of a VPN has name servers that no connection owns");
    if (!view->routes)
        findings_add(findings, VERDICT_OK, "left.routes",
                     "No adapter of a VPN has routes that no connection owns");
}

static void look_at_adapters(const struct doctor *doctor, const struct adapter_list *list,
                             const MIB_IPFORWARD_TABLE2 *table, struct findings *findings)
{
    struct left_view view = {.doctor = doctor, .other = find_other_owner(doctor)};
    for (size_t i = 0; i < list->count; i++) {
        view.adapter = &list->adapters[i];
        if (!view.adapter->is_vpn || adapter_has_session(doctor, view.adapter))
            continue;
        look_at_servers(&view, u"SYSTEM\\CurrentControlSet\\Services\\Tcpip", "ipv4", findings);
        look_at_servers(&view, u"SYSTEM\\CurrentControlSet\\Services\\Tcpip6", "ipv6", findings);
        look_at_routes(&view, table, findings);
    }
    report_nothing_left(&view, findings);
}

static void cleanup_mib_table(MIB_IPFORWARD_TABLE2 **table)
{
    if (*table)
        FreeMibTable(*table);
}

void check_left_settings(const struct doctor *doctor, struct findings *findings)
{
    CLEANUP(adapter_list_free) struct adapter_list list = {NULL, 0};
    CLEANUP(cleanup_mib_table) MIB_IPFORWARD_TABLE2 *table = NULL;
    const char16_t *drivers = doctor_setting(doctor, SETTING_VPN_ADAPTERS);
    if (vpn_adapters_are_all(drivers)) {
        findings_add(findings, VERDICT_OK, "left.routes",
                     "vpn_adapters is *: which adapters are of a VPN is not known");
        return;
    }
    uint32_t error = adapter_list_read(*drivers ? drivers : VPN_ADAPTERS_DEFAULT, &list);
    if (!error)
        error = GetIpForwardTable2(AF_UNSPEC, &table);
    if (error)
        doctor_unreadable(findings, "left.routes", "The routes of this computer", error);
    else
        look_at_adapters(doctor, &list, table, findings);
}
