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

/* What is wrong with a value that can't be read, or is no value. */
static void describe_error(const struct setting *setting, uint32_t error,
                           char problem[SETTING_PROBLEM_SIZE])
{
    if (error == ERROR_FILE_NOT_FOUND)
        snprintf(problem, SETTING_PROBLEM_SIZE, "is missing and has no default");
    else if (error == ERROR_UNSUPPORTED_TYPE)
        snprintf(problem, SETTING_PROBLEM_SIZE, "is no REG_SZ");
    else if (error == ERROR_MORE_DATA || error == ERROR_FILENAME_EXCED_RANGE)
        snprintf(problem, SETTING_PROBLEM_SIZE, "is longer than %u characters",
                 (unsigned)setting->units - 1);
    else
        snprintf(problem, SETTING_PROBLEM_SIZE, "can't be read: error %u", (unsigned)error);
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
    char name[FINDING_NAME_SIZE], problem[SETTING_PROBLEM_SIZE];
    name_setting(setting, name);
    snprintf(problem, sizeof(problem), "%s", value->problem);
    if (value->error)
        describe_error(setting, value->error, problem);
    struct finding *finding =
        findings_add(findings, setting->is_not_used ? VERDICT_WARNING : VERDICT_FAILURE, name,
                     "%s%s%s%s", UTF8(value->text), *value->text ? ": " : "", problem,
                     setting->is_not_used ? "" : "; the service does not start with it");
    advise_on_setting(doctor, setting, finding);
    finding_add_detail(finding, "value", "%s", UTF8(value->text));
    finding_add_detail(finding, "origin", value->origin == ORIGIN_LOCAL ? "local" : "default");
    finding_add_detail(finding, "error", "%s", problem);
}

static void report_setting(const struct doctor *doctor, const struct setting *setting,
                           const struct setting_value *value, struct findings *findings)
{
    const char *origin = value->origin == ORIGIN_LOCAL ? "local" : "default";
    char name[FINDING_NAME_SIZE];
    struct finding *finding;
    name_setting(setting, name);
    if (value->error == ERROR_ACCESS_DENIED) {
        doctor_unreadable(findings, name, "The setting", value->error);
        return;
    }
    if (value->error == ERROR_PATH_NOT_FOUND) {
        findings_add(findings, VERDICT_WARNING, name,
                     "The default lies below the folder of the installation, which is not known");
        return;
    }
    if (value->error || *value->problem) {
        report_wrong_setting(doctor, setting, value, findings);
        return;
    }
    finding = findings_add(findings, VERDICT_OK, name, "%s (%s)",
                           *value->text ? UTF8(value->text) : "none", origin);
    finding_add_detail(finding, "value", "%s", UTF8(value->text));
    finding_add_detail(finding, "origin", "%s", origin);
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
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        report_setting(doctor, &settings_table[i], &doctor->settings.values[i], findings);
}
