/* SPDX-License-Identifier: MIT */
/* The lists of domains that Windows appends to short names. An interactive service keeps the list
 * from before its first connection beside it, and a service that has died leaves both. */
#include "client/cli/doctor/doctor.h"
#include "client/cli/doctor/processes.h"
#include "client/cli/doctor/registry_text.h"

#include "base/text.h"

static const struct search_place {
    const char *finding, *title;
    const char16_t *key;
} search_places[] = {
    {"left.search_list", "The search list of Windows",
     u"SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters"},
    {"left.policy_search_list", "The search list of the group policy",
     u"SOFTWARE\\Policies\\Microsoft\\Windows NT\\DNSClient"},
};

static void report_left_list(const struct doctor *doctor, const struct search_place *place,
                             const char16_t *list, const char16_t *before,
                             struct findings *findings)
{
    struct finding *finding =
        findings_add(findings, VERDICT_WARNING, place->finding,
                     "%s still has domains of a service that has ended: it is %s, and was %s",
                     place->title, UTF8(list), UTF8(before));
    finding_advise(finding, "Run as administrator: %s", COMMAND(doctor, "-cleanup"));
    finding_add_detail(finding, "list", "%s", UTF8(list));
    finding_add_detail(finding, "before", "%s", UTF8(before));
}

static void check_search_list(const struct doctor *doctor, const struct search_place *place,
                              uint32_t other, struct findings *findings)
{
    char16_t list[REGISTRY_TEXT_UNITS], before[REGISTRY_TEXT_UNITS];
    uint32_t error = registry_text_read(place->key, u"InitialSearchList", before);
    registry_text_read(place->key, u"SearchList", list);
    if (error && error != ERROR_FILE_NOT_FOUND)
        doctor_unreadable(findings, place->finding, place->title, error);
    else if (error)
        findings_add(findings, VERDICT_OK, place->finding, "%s: %s", place->title,
                     *list ? UTF8(list) : "none");
    else if (other)
        findings_add(findings, VERDICT_OK, place->finding,
                     "%s: %s; process %lu, openvpn.exe, may own domains in it", place->title,
                     UTF8(list), (unsigned long)other);
    else
        report_left_list(doctor, place, list, before, findings);
}

void check_search_lists(const struct doctor *doctor, struct findings *findings)
{
    const uint32_t other = process_of_others(doctor);
    for (size_t i = 0; i < ARRAY_COUNT(search_places); i++)
        check_search_list(doctor, &search_places[i], other, findings);
}
