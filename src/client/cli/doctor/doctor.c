/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/doctor.h"

#include "base/text.h"
#include "base/win32/system_text.h"
#include "client/cli/commands.h"
#include "client/cli/console.h"
#include "client/cli/doctor/bounded.h"
#include "client/cli/doctor/bundle.h"
#include "client/cli/report.h"
#include "product.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <windows.h>

/* One after the other: Wine's side of the service manager loses handles when threads share it. */
static void check_other_services(const struct doctor *doctor, struct findings *findings)
{
    check_system_services(doctor, findings);
    check_rivals(doctor, findings);
    check_firewall(doctor, findings);
}

static const struct {
    const char *area;
    doctor_check *run;
} checks[] = {
    {"service", check_service},    {"settings", check_settings},
    {"program", check_program},    {"configs", check_config_folder},
    {"adapters", check_adapters},  {"windows", check_other_services},
    {"journal", check_journal},    {"events", check_events},
    {"rules", check_rules},        {"search", check_search_lists},
    {"left", check_left_settings}, {"updates", check_updates},
};

/* The first three bound the question to the service, the last one each check. */
enum {
    OPEN_MILLISECONDS = 5000,
    STATUS_MILLISECONDS = 20000,
    FACTS_MILLISECONDS = 30000,
    CHECK_MILLISECONDS = 20000
};

/* ---- words ---- */

char *doctor_words(uint32_t error, char words[DOCTOR_WORDS])
{
    char16_t units[SYSTEM_TEXT_UNITS + 16];
    struct text text = TEXT_ON(units);
    system_text_append(&text, error);
    return text_to_line(units, words, DOCTOR_WORDS);
}

char *doctor_command(const struct doctor *doctor, const char *command, char words[DOCTOR_WORDS])
{
    const bool is_default = !*doctor->instance;
    snprintf(words, DOCTOR_WORDS, "gatehouse-service.exe %s%s%s%s",
             is_default ? "" : "-instance interactive ", is_default ? "" : UTF8(doctor->instance),
             is_default ? "" : " ", command);
    return words;
}

struct finding *doctor_unreadable(struct findings *findings, const char *name, const char *what,
                                  uint32_t error)
{
    if (error != ERROR_ACCESS_DENIED)
        return findings_add(findings, VERDICT_WARNING, name, "%s can't be read: %s", what,
                            WORDS(error));
    struct finding *finding =
        findings_add(findings, VERDICT_WARNING, name, "%s: not readable by this account", what);
    finding_advise(finding, "Run this command as administrator to see it");
    return finding;
}

bool doctor_has_session(const struct doctor *doctor, uint32_t process_id)
{
    for (size_t i = 0; doctor->status && i < doctor->status->count; i++)
        if (doctor->status->sessions[i].process_id == process_id)
            return true;
    return false;
}

/* ---- what is found out before the checks ---- */

static struct doctor *doctor_new(const char16_t *instance)
{
    struct doctor *doctor = calloc(1, sizeof(*doctor));
    if (!doctor)
        return NULL;
    struct text service = TEXT_ON(doctor->service), key = TEXT_ON(doctor->key);
    struct text policy_key = TEXT_ON(doctor->policy_key);
    doctor->instance = instance;
    text_append(&service, PRODUCT_SERVICE_NAME);
    text_append(&service, instance);
    text_append(&key, PRODUCT_REGISTRY_KEY);
    text_append(&key, instance);
    text_append(&policy_key, PRODUCT_POLICY_KEY);
    text_append(&policy_key, instance);
    return doctor;
}

static void doctor_free(struct doctor *doctor)
{
    if (doctor)
        gatehouse_status_free(doctor->status);
    free(doctor);
}

static void find_facts(void *context)
{
    struct doctor *doctor = context;
    setting_values_read(doctor->key, doctor->policy_key, &doctor->settings);
    service_facts_read(doctor->service, &doctor->facts);
    struct gatehouse_control *control =
        gatehouse_control_open(doctor->instance, OPEN_MILLISECONDS, &doctor->error);
    if (control)
        gatehouse_status(control, STATUS_MILLISECONDS, &doctor->status, &doctor->error);
    gatehouse_control_close(control);
}

static void note_timeout(struct doctor *doctor, struct findings *findings)
{
    struct text what = TEXT_ON(doctor->error.what);
    text_append(&what, u"The service and its settings have not answered in time");
    doctor->error.code = WAIT_TIMEOUT;
    doctor->settings.error = WAIT_TIMEOUT;
    doctor->facts.error = WAIT_TIMEOUT;
    findings_add(findings, VERDICT_WARNING, "doctor.facts", "%s", UTF8(doctor->error.what));
}

/* What has not come to its end in time keeps what it works on, and the checks go on without it. */
static struct doctor *doctor_begin(const char16_t *instance, struct findings *findings)
{
    struct doctor *doctor = doctor_new(instance);
    struct bounded facts = {find_facts, doctor, false};
    if (!doctor)
        return NULL;
    bounded_do(&facts, 1, FACTS_MILLISECONDS);
    if (facts.is_done)
        return doctor;
    doctor = doctor_new(instance);
    if (doctor)
        note_timeout(doctor, findings);
    return doctor;
}

/* ---- the checks ---- */

struct examination {
    const struct doctor *doctor;
    doctor_check *run;
    struct findings findings;
};

static void examine(void *context)
{
    struct examination *examination = context;
    examination->run(examination->doctor, &examination->findings);
}

static void note_hung_check(struct findings *findings, const char *area)
{
    char name[FINDING_NAME_SIZE];
    snprintf(name, sizeof(name), "doctor.%s", area);
    finding_advise(findings_add(findings, VERDICT_WARNING, name,
                                "Windows has not answered within %u seconds: not looked at",
                                CHECK_MILLISECONDS / 1000),
                   "Try again. If it stays so, restart the computer");
}

/* Returns false when a check has not come to its end: what it reads must stay. */
static bool doctor_examine(const struct doctor *doctor, struct findings *findings)
{
    static struct examination all[ARRAY_COUNT(checks)]; /* a check that hangs still writes to it */
    struct bounded works[ARRAY_COUNT(checks)];
    bool all_done = true;
    _Static_assert(ARRAY_COUNT(checks) <= BOUNDED_MOST, "all side by side");
    for (size_t i = 0; i < ARRAY_COUNT(checks); i++) {
        all[i] = (struct examination){.doctor = doctor, .run = checks[i].run};
        works[i] = (struct bounded){examine, &all[i], false};
    }
    bounded_do(works, ARRAY_COUNT(checks), CHECK_MILLISECONDS);
    for (size_t i = 0; i < ARRAY_COUNT(checks); i++) {
        if (works[i].is_done)
            findings_append(findings, &all[i].findings);
        else
            note_hung_check(findings, checks[i].area);
        all_done &= works[i].is_done;
    }
    return all_done;
}

/* ---- the command ---- */

static void write_to_console(void *context, const char *bytes, size_t size)
{
    (void)context;
    console_write(CONSOLE_OUTPUT, bytes, size);
}

static bool doctor_print(const struct doctor *doctor, const struct findings *findings, bool as_json)
{
    const struct sink sink = {write_to_console, NULL};
    const struct findings_head head = {UTF8(PRODUCT_VERSION), UTF8(doctor->instance),
                                       (uint64_t)time(NULL)};
    if (as_json)
        return findings_print_json(findings, &head, &sink);
    findings_print(findings, &sink);
    return true;
}

static enum exit_code doctor_fail(bool as_json, uint32_t error, const char16_t *what,
                                  const char16_t *path)
{
    struct gatehouse_error failure = {.code = error};
    const struct report report = report_begin(as_json);
    struct text text = TEXT_ON(failure.what), advice = TEXT_ON(failure.advice);
    text_append(&text, what);
    text_append(&text, path);
    text_append(&text, u": ");
    system_text_append(&text, error);
    text_append(&advice, error == ERROR_FILE_EXISTS ? u"Name a file that does not exist yet."
                                                    : u"Name a file in a folder of your own.");
    report_error(&report, EXIT_TROUBLE, &failure, NULL);
    return EXIT_TROUBLE;
}

static enum exit_code doctor_exit(const struct findings *findings)
{
    if (findings->is_short)
        return EXIT_TROUBLE;
    return findings_worst(findings) == VERDICT_FAILURE ? EXIT_UNHEALTHY : EXIT_DONE;
}

enum exit_code command_doctor(const struct arguments *arguments)
{
    struct findings findings = {.first = NULL};
    struct doctor *doctor = doctor_begin(arguments->instance, &findings);
    if (!doctor)
        return doctor_fail(arguments->json, ERROR_NOT_ENOUGH_MEMORY, u"Memory is short", u"");
    const bool all_done = doctor_examine(doctor, &findings);
    enum exit_code exit = doctor_exit(&findings);
    uint32_t error = 0;
    if (!doctor_print(doctor, &findings, arguments->json))
        exit = doctor_fail(arguments->json, ERROR_NOT_ENOUGH_MEMORY, u"Memory is short", u"");
    if (arguments->report)
        error = bundle_write(arguments->report, doctor, &findings);
    if (error)
        exit = doctor_fail(arguments->json, error, u"The report can't be written: ",
                           arguments->report);
    findings_free(&findings);
    if (all_done)
        doctor_free(doctor);
    return exit;
}
