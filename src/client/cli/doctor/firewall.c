/* SPDX-License-Identifier: MIT */
/* The kill switch: whether it blocks, who can stop it, and what of this computer it can't hold. */
#include "client/cli/doctor/doctor.h"
#include "client/cli/doctor/service_facts.h"
#include "client/cli/firewall_text.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"

/* Keep this order: netioapi.h needs the socket types, which must be included before windows.h. */
#include <winsock2.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>

#include <stdlib.h>

/* ---- its state ---- */

/* The sentence is not news when it is as it should be. */
static enum verdict firewall_verdict(const struct gatehouse_firewall *firewall)
{
    const bool is_open = text_equal(firewall->state, u"off");
    const bool is_connected = text_equal(firewall->state, u"connected");
    return is_open || (is_connected && !firewall->is_damaged) ? VERDICT_OK : VERDICT_WARNING;
}

static void report_firewall(const struct gatehouse_firewall *firewall, struct findings *findings)
{
    char text[FIREWALL_TEXT_SIZE];
    struct finding *finding = findings_add(findings, firewall_verdict(firewall), "firewall.state",
                                           "%s", firewall_describe(firewall, text));
    if (firewall->is_up)
        finding_advise(finding, "%s", UTF8(firewall->way_out));
    else if (firewall->code)
        finding_advise(finding, "See the line windows.bfe, and the event log");
    finding_add_detail(finding, "state", "%s", UTF8(firewall->state));
    finding_add_detail(finding, "damaged", "%d", firewall->is_damaged);
    finding_add_detail(finding, "owner", "%s", UTF8(firewall->owner));
    finding_add_detail(finding, "since", "%llu", (unsigned long long)firewall->since);
}

/* It outlives the service, and blocks without it. */
static void report_silent_firewall(const struct doctor *doctor, struct findings *findings)
{
    finding_advise(findings_add(findings, VERDICT_WARNING, "firewall.state",
                                "Whether the kill switch is up is not known: the service does not "
                                "answer"),
                   "If it blocks the network, run as administrator: %s",
                   COMMAND(doctor, "-cleanup"));
}

/* ---- what it can't hold ---- */

static void report_above(const struct gatehouse_firewall *firewall, struct findings *findings)
{
    if (!*firewall->above)
        return;
    struct finding *finding = findings_add(
        findings, VERDICT_WARNING, "firewall.above",
        "Other programs' filters stand above the kill switch: what %s lets out without exception, "
        "it does not stop",
        UTF8(firewall->above));
    finding_advise(finding, "End that program, or remove it, and start the kill switch again");
    finding_add_detail(finding, "names", "%s", UTF8(firewall->above));
}

static const struct guest_service {
    const char16_t *name;
    const char *title;
} guest_services[] = {
    {u"vmms", "Hyper-V"},
    {u"WslService", "the Windows Subsystem for Linux"},
    {u"vmcompute", "containers, Windows Sandbox or the Windows Subsystem for Linux"},
};

static void report_guests(struct findings *findings)
{
    CLEANUP_FREE struct service_facts *facts = malloc(sizeof(*facts));
    for (size_t i = 0; facts && i < ARRAY_COUNT(guest_services); i++) {
        service_facts_read(guest_services[i].name, facts);
        if (facts->error || facts->status.dwCurrentState != SERVICE_RUNNING)
            continue;
        finding_advise(
            findings_add(findings, VERDICT_WARNING, "firewall.guests",
                         "The service %s runs: virtual machines of %s may send past the kill "
                         "switch",
                         UTF8(guest_services[i].name), guest_services[i].title),
            "Block them with Windows' own firewall for virtual machines: docs/kill-switch.md has "
            "the command");
    }
}

static void report_weak_host(const MIB_IPINTERFACE_ROW *row, struct findings *findings)
{
    const char *family = row->Family == AF_INET ? "ipv4" : "ipv6";
    struct finding *finding = findings_add(
        findings, VERDICT_WARNING, "firewall.weak_host",
        "Interface %lu may send with an address of another one (%s, WeakHostSend): what programs "
        "send with the tunnel's address may leave there",
        (unsigned long)row->InterfaceIndex, family);
    finding_advise(finding,
                   "Run as administrator: netsh.exe interface %s set interface %lu "
                   "weakhostsend=disabled",
                   family, (unsigned long)row->InterfaceIndex);
    finding_add_detail(finding, "interface", "%lu", (unsigned long)row->InterfaceIndex);
}

static void report_weak_hosts(struct findings *findings)
{
    MIB_IPINTERFACE_TABLE *table = NULL;
    const uint32_t error = GetIpInterfaceTable(AF_UNSPEC, &table);
    if (error) {
        doctor_unreadable(findings, "firewall.weak_host", "The interfaces", error);
        return;
    }
    for (ULONG i = 0; i < table->NumEntries; i++)
        if (table->Table[i].WeakHostSend)
            report_weak_host(&table->Table[i], findings);
    FreeMibTable(table);
}

void check_firewall(const struct doctor *doctor, struct findings *findings)
{
    if (!doctor->status) {
        report_silent_firewall(doctor, findings);
        return;
    }
    if (!*doctor->status->firewall.state)
        return; /* a service of an earlier version: it has none */
    report_firewall(&doctor->status->firewall, findings);
    if (!doctor->status->firewall.is_up)
        return;
    report_above(&doctor->status->firewall, findings);
    report_guests(findings);
    report_weak_hosts(findings);
}
