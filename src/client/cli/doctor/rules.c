/* SPDX-License-Identifier: MIT */
/* Name resolution rules (NRPT) of this service or of another interactive service, whose openvpn.exe
 * has ended: names go to servers that cannot be reached any more. */
#include "client/cli/doctor/doctor.h"
#include "client/cli/doctor/processes.h"
#include "client/cli/doctor/registry_text.h"

#include "base/text.h"
#include "base/win32/handles.h"
#include "dns/nrpt.h"

enum { RULE_PATH_UNITS = 256, MOST_RULES = 1000, MOST_RULE_LINES = 8 };

static const char16_t *const rule_keys[] = {
    u"SYSTEM\\CurrentControlSet\\Services\\Dnscache\\Parameters\\DnsPolicyConfig",
    u"SOFTWARE\\Policies\\Microsoft\\Windows NT\\DNSClient\\DnsPolicyConfig",
};

struct rule_count {
    unsigned owned, left;
};

static void report_left_rule(const struct doctor *doctor, const char16_t *key, const char16_t *name,
                             struct findings *findings)
{
    char16_t path[RULE_PATH_UNITS], domain[REGISTRY_TEXT_UNITS], servers[REGISTRY_TEXT_UNITS];
    struct text text = TEXT_ON(path);
    text_append(&text, key);
    text_append(&text, u"\\");
    text_append(&text, name);
    registry_text_read(path, u"Name", domain);
    registry_text_read(path, u"GenericDNSServers", servers);
    struct finding *finding =
        findings_add(findings, VERDICT_FAILURE, "left.rules",
                     "A rule of an openvpn.exe that has ended sends names (%s) to %s: %s",
                     UTF8(domain), UTF8(servers), UTF8(name));
    finding_advise(finding, "Run as administrator: %s", COMMAND(doctor, "-cleanup"));
    finding_add_detail(finding, "key", "HKLM\\%s", UTF8(path));
    finding_add_detail(finding, "domain", "%s", UTF8(domain));
    finding_add_detail(finding, "servers", "%s", UTF8(servers));
}

static void count_rule(const struct doctor *doctor, const char16_t *key, const char16_t *name,
                       struct rule_count *count, struct findings *findings)
{
    uint32_t pid = 0;
    if (!nrpt_key_is_ours(name))
        return;
    if (nrpt_key_pid(name, &pid) && process_may_be_openvpn(doctor, pid)) {
        count->owned++;
        return;
    }
    if (++count->left <= MOST_RULE_LINES)
        report_left_rule(doctor, key, name, findings);
}

static uint32_t look_at_rules(const struct doctor *doctor, const char16_t *path,
                              struct rule_count *count, struct findings *findings)
{
    CLEANUP_KEY HKEY key = NULL;
    char16_t name[RULE_PATH_UNITS];
    uint32_t error =
        (uint32_t)RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ | KEY_WOW64_64KEY, &key);
    if (error == ERROR_FILE_NOT_FOUND)
        return 0;
    for (DWORD i = 0; !error && i < MOST_RULES; i++) {
        DWORD units = ARRAY_COUNT(name);
        error = (uint32_t)RegEnumKeyExW(key, i, name, &units, NULL, NULL, NULL, NULL);
        if (!error)
            count_rule(doctor, path, name, count, findings);
    }
    return error == ERROR_NO_MORE_ITEMS ? 0 : error;
}

void check_rules(const struct doctor *doctor, struct findings *findings)
{
    struct rule_count count = {0, 0};
    uint32_t error = 0;
    for (size_t i = 0; i < ARRAY_COUNT(rule_keys); i++) {
        uint32_t failed = look_at_rules(doctor, rule_keys[i], &count, findings);
        error = failed ? failed : error;
    }
    if (error)
        doctor_unreadable(findings, "left.rules", "The name resolution rules", error);
    else if (!count.left)
        findings_add(findings, VERDICT_OK, "left.rules",
                     "%u name resolution rules are of openvpn.exe, none of one that has ended",
                     count.owned);
    else if (count.left > MOST_RULE_LINES)
        findings_add(findings, VERDICT_FAILURE, "left.rules", "%u more such rules",
                     count.left - MOST_RULE_LINES);
}
