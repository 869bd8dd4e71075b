/* SPDX-License-Identifier: MIT */
/* Updates: whether there are any, from where, and whether the service can trust one. */
#include "client/cli/doctor/access.h"
#include "client/cli/doctor/doctor.h"

#include "base/text.h"

#include <windows.h>

static void advise_to_switch_off(const struct doctor *doctor, struct finding *finding,
                                 const char *first)
{
    finding_advise(finding,
                   "%s, or have none: reg.exe delete \"HKLM\\%s\" /v updates /f /reg:64; then "
                   "restart the service",
                   first, UTF8(doctor->key));
}

static void report_source(const struct doctor *doctor, struct findings *findings)
{
    const char16_t *url = doctor_setting(doctor, SETTING_UPDATE_URL);
    const char16_t *updates = doctor_setting(doctor, SETTING_UPDATES);
    struct finding *finding;
    if (!*url) {
        finding = findings_add(findings, VERDICT_WARNING, "updates.source",
                               "There are no updates, because update_url is not set");
        advise_to_switch_off(doctor, finding, "Set update_url");
        return;
    }
    finding =
        findings_add(findings, VERDICT_OK, "updates.source", "%s, of the channel %s: %s", UTF8(url),
                     UTF8(doctor_setting(doctor, SETTING_UPDATE_CHANNEL)), UTF8(updates));
    finding_add_detail(finding, "url", "%s", UTF8(url));
}

/* Trust in updates begins with the file beside the service program (docs/updates.md). */
static void report_root(const struct doctor *doctor, struct findings *findings)
{
    char16_t program[SERVICE_COMMAND_UNITS], units[SERVICE_COMMAND_UNITS];
    struct text path = TEXT_ON(units);
    bool needs_quotes;
    if (doctor->facts.error || doctor->facts.config_error)
        return;
    service_program(doctor->facts.command, program, &needs_quotes);
    size_t folder = text_length(program);
    while (folder && program[folder - 1] != '\\')
        folder--;
    text_append_units(&path, program, folder);
    text_append(&path, u"update.root");
    const struct access_question question = {
        .name = "updates.root", .path = units, .is_file = true, .when_everybody = VERDICT_FAILURE};
    if (GetFileAttributesW(units) != INVALID_FILE_ATTRIBUTES) {
        access_check(findings, &question, NULL);
        return;
    }
    const DWORD error = GetLastError();
    if (error != ERROR_FILE_NOT_FOUND && error != ERROR_PATH_NOT_FOUND) {
        doctor_unreadable(findings, "updates.root", "The file update.root", error);
        return;
    }
    struct finding *finding =
        findings_add(findings, VERDICT_WARNING, "updates.root",
                     "No update can be trusted, because this file is missing: %s", UTF8(units));
    advise_to_switch_off(doctor, finding, "Install a release that has it");
}

void check_updates(const struct doctor *doctor, struct findings *findings)
{
    const struct setting_value *value = &doctor->settings.values[SETTING_UPDATES];
    if (doctor->settings.error || value->fault.error)
        return; /* check_settings() says so */
    if (setting_number(&settings_table[SETTING_UPDATES], value->text) == UPDATES_OFF) {
        findings_add(findings, VERDICT_OK, "updates.source", "Updates are off");
        return;
    }
    report_source(doctor, findings);
    report_root(doctor, findings);
}
