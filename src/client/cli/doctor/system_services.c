/* SPDX-License-Identifier: MIT */
/* Services of Windows that connections need. */
#include "client/cli/doctor/doctor.h"
#include "client/cli/doctor/service_facts.h"

#include "base/array.h"
#include "base/cleanup.h"

#include <stdlib.h>

static const struct needed_service {
    const char *finding;
    const char16_t *name;
    const char *title, *need, *advice;
} needed_services[] = {
    {"windows.dnscache", u"Dnscache", "Windows' DNS client (Dnscache)",
     "name servers of a VPN are not used",
     "Run as administrator: reg.exe add HKLM\\SYSTEM\\CurrentControlSet\\Services\\Dnscache /v "
     "Start /t REG_DWORD /d 2 /f; then restart the computer"},
    {"windows.bfe", u"BFE", "Windows' base filtering engine (BFE)",
     "connections that block other traffic (block-outside-dns) are refused",
     "Run as administrator: sc.exe config BFE start= auto, and net start BFE"},
};

static void report_needed_service(const struct needed_service *needed,
                                  const struct service_facts *facts, struct findings *findings)
{
    const uint32_t error = facts->error ? facts->error : facts->status_error;
    struct finding *finding;
    if (error && error != ERROR_SERVICE_DOES_NOT_EXIST) {
        doctor_unreadable(findings, needed->finding, needed->title, error);
        return;
    }
    if (!error && facts->status.dwCurrentState == SERVICE_RUNNING) {
        findings_add(findings, VERDICT_OK, needed->finding, "%s runs", needed->title);
        return;
    }
    finding = findings_add(findings, VERDICT_FAILURE, needed->finding, "%s %s: %s", needed->title,
                           error ? "is missing" : "does not run", needed->need);
    finding_advise(finding, "%s", needed->advice);
}

void check_system_services(const struct doctor *doctor, struct findings *findings)
{
    CLEANUP_FREE struct service_facts *facts = malloc(sizeof(*facts));
    (void)doctor;
    for (size_t i = 0; facts && i < ARRAY_COUNT(needed_services); i++) {
        service_facts_read(needed_services[i].name, facts);
        report_needed_service(&needed_services[i], facts, findings);
    }
}
