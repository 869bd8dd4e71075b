/* SPDX-License-Identifier: MIT */
/* The settings: each with its value, where that comes from, and whether the service takes it. */
#include "client/cli/doctor/doctor.h"

#include "base/text.h"

#include <stdio.h>
#include <windows.h>

static void name_setting(const struct setting *setting, char name[FINDING_NAME_SIZE])
{
    snprintf(name, FINDING_NAME_SIZE, "settings.%s",
             *setting->name ? UTF8(setting->name) : "install_dir");
}

static void add_value_details(const struct setting_value *value, struct finding *finding)
{
    finding_add_detail(finding, "value", "%s", UTF8(value->text));
    finding_add_detail(finding, "origin", "%s", setting_origin_name(value->origin));
}

static void advise_on_setting(const struct doctor *doctor, const struct setting *setting,
                              struct finding *finding)
{
    if (setting->fallback)
        finding_advise(finding,
                       "Correct it, or have the default: reg.exe delete \"HKLM\\%s\" /v %s /f "
                       "/reg:64; then restart the service",
                       UTF8(doctor->key), UTF8(setting->name));
    else
        finding_advise(finding,
                       "Set it to the folder of OpenVPN: reg.exe add \"HKLM\\%s\" /ve /d "
                       "\"C:\\Program Files\\OpenVPN\" /f /reg:64; then restart the service",
                       UTF8(doctor->key));
}

static void report_wrong_setting(const struct doctor *doctor, const struct setting *setting,
                                 const struct setting_value *value, struct findings *findings)
{
    char name[FINDING_NAME_SIZE];
    name_setting(setting, name);
    struct finding *finding =
        findings_add(findings, setting->is_not_used ? VERDICT_WARNING : VERDICT_FAILURE, name,
                     "%s%s%s%s", UTF8(value->text), *value->text ? ": " : "", value->fault.problem,
                     setting->is_not_used ? "" : "; the service does not start with it");
    advise_on_setting(doctor, setting, finding);
    add_value_details(value, finding);
    finding_add_detail(finding, "error", "%s", value->fault.problem);
}

/* The service starts with the value that takes the place of the policy's. */
static void report_wrong_policy(const struct doctor *doctor, const struct setting *setting,
                                const struct setting_value *value, struct findings *findings)
{
    char name[FINDING_NAME_SIZE];
    name_setting(setting, name);
    struct finding *finding = findings_add(
        findings, VERDICT_WARNING, name, "%s (%s): the value of the group policy %s%s",
        *value->text ? UTF8(value->text) : "none", setting_origin_name(value->origin),
        value->policy.problem,
        setting->is_local_only ? ""
                               : "; the stricter of the local value and the default is in force");
    finding_advise(finding, "%s the group policy that sets HKLM\\%s\\%s; then restart the service",
                   setting->is_local_only ? "Remove it from" : "Correct it in",
                   UTF8(doctor->policy_key), UTF8(setting->name));
    add_value_details(value, finding);
    finding_add_detail(finding, "error", "%s", value->policy.problem);
}

static void report_setting(const struct doctor *doctor, const struct setting *setting,
                           const struct setting_value *value, struct findings *findings)
{
    const uint32_t error = value->fault.error;
    char name[FINDING_NAME_SIZE];
    name_setting(setting, name);
    if (error == ERROR_ACCESS_DENIED)
        doctor_unreadable(findings, name, "The setting", error);
    else if (error == ERROR_PATH_NOT_FOUND)
        findings_add(findings, VERDICT_WARNING, name,
                     "The default lies below the folder of the installation, which is not known");
    else if (error)
        report_wrong_setting(doctor, setting, value, findings);
    else if (value->policy.error && !doctor->settings.policy_error)
        report_wrong_policy(doctor, setting, value, findings);
    else
        add_value_details(value, findings_add(findings, VERDICT_OK, name, "%s (%s)",
                                              *value->text ? UTF8(value->text) : "none",
                                              setting_origin_name(value->origin)));
}

/* What is set in the key of the group policy, right or wrong. */
static void report_policy_key(const struct doctor *doctor, struct findings *findings)
{
    static const char name[] = "settings.policy";
    const uint32_t error = doctor->settings.policy_error;
    unsigned set = 0;
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        const struct setting_value *value = &doctor->settings.values[i];
        set += value->origin == ORIGIN_POLICY || value->policy.error;
    }
    if (error)
        doctor_unreadable(findings, name, "The registry key of the group policy", error);
    else if (*doctor->settings.policy_stranger)
        finding_advise(findings_add(findings, VERDICT_WARNING, name,
                                    "HKLM\\%s has the value %s, which this version does not know",
                                    UTF8(doctor->policy_key),
                                    UTF8(doctor->settings.policy_stranger)),
                       "Correct its name in the group policy, or remove it there");
    else if (set)
        findings_add(findings, VERDICT_OK, name, "HKLM\\%s sets %u of the settings",
                     UTF8(doctor->policy_key), set);
    else
        findings_add(findings, VERDICT_OK, name, "No group policy sets anything (HKLM\\%s)",
                     UTF8(doctor->policy_key));
}

/* Returns whether the key can be read. */
static bool report_settings_key(const struct doctor *doctor, struct findings *findings)
{
    const uint32_t error = doctor->settings.error;
    if (!error) {
        findings_add(findings, VERDICT_OK, "settings.key", "HKLM\\%s", UTF8(doctor->key));
        return true;
    }
    if (error == ERROR_ACCESS_DENIED || error == WAIT_TIMEOUT) {
        doctor_unreadable(findings, "settings.key", "The registry key of the settings", error);
        return false;
    }
    struct finding *finding = findings_add(
        findings, VERDICT_FAILURE, "settings.key",
        "The registry key HKLM\\%s can't be opened, and the service does not start without it: %s",
        UTF8(doctor->key), WORDS(error));
    finding_advise(finding,
                   "Create it with the folder of OpenVPN: reg.exe add \"HKLM\\%s\" /ve /d "
                   "\"C:\\Program Files\\OpenVPN\" /reg:64; then start the service",
                   UTF8(doctor->key));
    finding_add_detail(finding, "error", "%u", (unsigned)error);
    return false;
}

void check_settings(const struct doctor *doctor, struct findings *findings)
{
    if (!report_settings_key(doctor, findings))
        return;
    report_policy_key(doctor, findings);
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        report_setting(doctor, &settings_table[i], &doctor->settings.values[i], findings);
}
