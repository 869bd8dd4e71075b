/* SPDX-License-Identifier: MIT */
/* The service: whether it is installed, whose program it is, whether it runs and answers. */
#include "client/cli/doctor/access.h"
#include "client/cli/doctor/doctor.h"
#include "client/cli/doctor/file_version.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "product.h"

#include <stdlib.h>

/* What is known of it. */
struct service_view {
    const struct doctor *doctor;
    const struct service_facts *facts;
    char16_t program[SERVICE_COMMAND_UNITS];
    bool needs_quotes;
    struct file_version version; /* of the program */
    bool is_ours;
};

/* ---- how it is installed ---- */

static void report_missing(const struct doctor *doctor, uint32_t error, struct findings *findings)
{
    if (error != ERROR_SERVICE_DOES_NOT_EXIST) {
        doctor_unreadable(findings, "service.installed", "The service", error);
        return;
    }
    finding_advise(findings_add(findings, VERDICT_FAILURE, "service.installed",
                                "The service %s is not installed", UTF8(doctor->service)),
                   "Run as administrator: %s", COMMAND(doctor, "-install -start"));
}

static void report_start(const struct service_view *view, struct findings *findings)
{
    static const char *const names[] = {[SERVICE_BOOT_START] = "boot",
                                        [SERVICE_SYSTEM_START] = "system",
                                        [SERVICE_AUTO_START] = "auto",
                                        [SERVICE_DEMAND_START] = "demand",
                                        [SERVICE_DISABLED] = "disabled"};
    const DWORD start = view->facts->start;
    struct finding *finding = NULL;
    if (start == SERVICE_DISABLED)
        finding = findings_add(findings, VERDICT_FAILURE, "service.start",
                               "The service is disabled: nobody can start it");
    else if (start != SERVICE_AUTO_START)
        finding = findings_add(findings, VERDICT_WARNING, "service.start",
                               "The service does not start with Windows");
    else
        findings_add(findings, VERDICT_OK, "service.start", "The service starts with Windows");
    finding_advise(finding, "Run as administrator: sc.exe config \"%s\" start= auto",
                   UTF8(view->doctor->service));
    if (start < ARRAY_COUNT(names))
        finding_add_detail(findings->last, "start", "%s", names[start]);
}

static void report_account(const struct service_view *view, struct findings *findings)
{
    static const char16_t system[] = u"LocalSystem";
    const char16_t *account = view->facts->account;
    if (text_equal_caseless(account, text_length(account), system, ARRAY_COUNT(system) - 1)) {
        findings_add(findings, VERDICT_OK, "service.account", "The service runs as LocalSystem");
        return;
    }
    struct finding *finding =
        findings_add(findings, VERDICT_FAILURE, "service.account",
                     "The service runs as %s, which may not do what it has to do", UTF8(account));
    finding_advise(finding, "Run as administrator: sc.exe config \"%s\" obj= LocalSystem",
                   UTF8(view->doctor->service));
    finding_add_detail(finding, "account", "%s", UTF8(account));
}

static void add_program_details(const struct service_view *view, struct finding *finding)
{
    finding_add_detail(finding, "path", "%s", UTF8(view->program));
    finding_add_detail(finding, "product", "%s", UTF8(view->version.product));
    finding_add_detail(finding, "version", "%s", UTF8(view->version.version));
}

/* Returns whether there is a program to look further at. */
static bool report_program(const struct service_view *view, struct findings *findings)
{
    const DWORD attributes = GetFileAttributesW(view->program);
    const uint32_t error = attributes == INVALID_FILE_ATTRIBUTES ? GetLastError() : 0;
    struct finding *finding;
    if (error && error != ERROR_ACCESS_DENIED) {
        finding = findings_add(findings, VERDICT_FAILURE, "service.program",
                               "The program of the service is missing: %s: %s", UTF8(view->program),
                               WORDS(error));
        finding_advise(finding, "Install it again, then run as administrator: %s",
                       COMMAND(view->doctor, "-takeover -start"));
    } else if (error) {
        finding =
            doctor_unreadable(findings, "service.program", "The program of the service", error);
    } else if (!view->is_ours) {
        finding = findings_add(findings, VERDICT_WARNING, "service.program",
                               "The service is %s%s, not Gatehouse: %s",
                               *view->version.product ? "of the product " : "of another product",
                               UTF8(view->version.product), UTF8(view->program));
        finding_advise(finding,
                       "Connections work with it. To see and end them, and to have a crash undone, "
                       "run as administrator: %s",
                       COMMAND(view->doctor, "-takeover -start"));
    } else if (view->needs_quotes) {
        finding = findings_add(findings, VERDICT_WARNING, "service.program",
                               "The path of the service has blanks and no quotes, so that Windows "
                               "tries other programs first: %s",
                               UTF8(view->facts->command));
        finding_advise(finding, "Run as administrator: %s",
                       COMMAND(view->doctor, "-remove -install -start"));
    } else {
        finding = findings_add(findings, VERDICT_OK, "service.program", "%s, version %s: %s",
                               UTF8(view->version.product), UTF8(view->version.version),
                               UTF8(view->program));
    }
    add_program_details(view, finding);
    return !error;
}

static void report_installation(struct service_view *view, struct findings *findings)
{
    findings_add(findings, VERDICT_OK, "service.installed", "%s: %s", UTF8(view->doctor->service),
                 UTF8(view->facts->command));
    report_start(view, findings);
    report_account(view, findings);
    service_program(view->facts->command, view->program, &view->needs_quotes);
    file_version_read(view->program, &view->version);
    view->is_ours = text_equal(view->version.internal_name, u"gatehouse-service");
    if (!report_program(view, findings))
        return;
    const struct access_question question = {
        .name = "service.access",
        .path = view->program,
        .is_file = true,
        .when_everybody = VERDICT_FAILURE,
    };
    access_check(findings, &question, NULL);
}

/* ---- whether it runs ---- */

static bool process_has_gone(DWORD id)
{
    CLEANUP_HANDLE HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, id);
    return process ? WaitForSingleObject(process, 0) == WAIT_OBJECT_0
                   : GetLastError() == ERROR_INVALID_PARAMETER;
}

static void report_stopped(const struct service_view *view, struct findings *findings)
{
    const SERVICE_STATUS_PROCESS *status = &view->facts->status;
    const DWORD error = status->dwWin32ExitCode;
    struct finding *finding;
    if (status->dwCurrentState != SERVICE_STOPPED)
        finding = findings_add(findings, VERDICT_FAILURE, "service.running",
                               "The service does not run: its state is %lu",
                               (unsigned long)status->dwCurrentState);
    else if (error == ERROR_SERVICE_NEVER_STARTED || !error)
        finding =
            findings_add(findings, VERDICT_FAILURE, "service.running", "The service is stopped");
    else if (error == ERROR_SERVICE_SPECIFIC_ERROR)
        finding = findings_add(findings, VERDICT_FAILURE, "service.running",
                               "The service has ended with an error of its own: %lu",
                               (unsigned long)status->dwServiceSpecificExitCode);
    else
        finding = findings_add(findings, VERDICT_FAILURE, "service.running",
                               "The service has ended with an error: %s", WORDS(error));
    finding_advise(finding, "Run as administrator: %s; it shows why if the service does not run",
                   COMMAND(view->doctor, "-start"));
    finding_add_detail(finding, "error", "%lu", (unsigned long)error);
}

static void report_running(const struct service_view *view, struct findings *findings)
{
    const SERVICE_STATUS_PROCESS *status = &view->facts->status;
    const DWORD state = status->dwCurrentState;
    if (view->facts->status_error) {
        doctor_unreadable(findings, "service.running", "Whether the service runs",
                          view->facts->status_error);
    } else if (state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING) {
        finding_advise(findings_add(findings, VERDICT_WARNING, "service.running",
                                    state == SERVICE_START_PENDING
                                        ? "The service is starting; it may have much to undo"
                                        : "The service is stopping: connections are being ended"),
                       "Wait a minute, then run this command again");
    } else if (state != SERVICE_RUNNING) {
        report_stopped(view, findings);
    } else if (process_has_gone(status->dwProcessId)) {
        finding_advise(findings_add(findings, VERDICT_FAILURE, "service.running",
                                    "The service's process %lu has ended unnoticed by Windows",
                                    (unsigned long)status->dwProcessId),
                       "Restart the computer");
    } else {
        finding_add_detail(findings_add(findings, VERDICT_OK, "service.running",
                                        "The service runs as process %lu",
                                        (unsigned long)status->dwProcessId),
                           "pid", "%lu", (unsigned long)status->dwProcessId);
    }
}

/* ---- what it answers ---- */

static void report_answer(const struct doctor *doctor, struct findings *findings)
{
    const struct gatehouse_status *status = doctor->status;
    struct finding *finding = findings_add(
        findings, VERDICT_OK, "service.control",
        "The service answers; it has run for %lu minutes, and this account may see %lu of its "
        "connections",
        (unsigned long)(status->uptime / 60), (unsigned long)status->count);
    finding_add_detail(finding, "uptime", "%llu", (unsigned long long)status->uptime);
    finding_add_detail(finding, "sessions", "%lu", (unsigned long)status->count);
    finding_add_detail(finding, "pid", "%lu", (unsigned long)status->process_id);
}

/* A service that does not run, or is another product's, cannot answer: that was said already. */
static void report_control(const struct service_view *view, struct findings *findings)
{
    const struct doctor *doctor = view->doctor;
    const bool is_foreign = doctor->error.code == ERROR_WRONG_TARGET_NAME;
    const bool runs = view->facts->status.dwCurrentState == SERVICE_RUNNING;
    if (doctor->status) {
        report_answer(doctor, findings);
        return;
    }
    struct finding *finding = findings_add(
        findings,
        is_foreign || (runs && (view->is_ours || view->facts->config_error)) ? VERDICT_FAILURE
                                                                             : VERDICT_WARNING,
        "service.control", "%s", UTF8(doctor->error.what));
    finding_advise(finding, "%s", UTF8(doctor->error.advice));
    finding_add_detail(finding, "error", "%lu", (unsigned long)doctor->error.code);
}

static void report_versions(const struct service_view *view, struct findings *findings)
{
    const char16_t *running = view->doctor->status ? view->doctor->status->version : u"";
    const char16_t *file = view->is_ours ? view->version.version : u"";
    const char16_t *service = *running ? running : file;
    struct finding *finding;
    if (!*service)
        return;
    if (*running && *file && !text_equal(running, file)) {
        finding = findings_add(findings, VERDICT_WARNING, "service.version",
                               "The service that runs is version %s, its program is version %s",
                               UTF8(running), UTF8(file));
        finding_advise(finding, "Run as administrator, when no connection is needed: %s",
                       COMMAND(view->doctor, "-stop -start"));
    } else if (!text_equal(service, PRODUCT_VERSION)) {
        finding = findings_add(findings, VERDICT_WARNING, "service.version",
                               "The service is version %s, this program is version %s",
                               UTF8(service), UTF8(PRODUCT_VERSION));
        finding_advise(finding, "Install both from the same release");
    } else {
        finding = findings_add(findings, VERDICT_OK, "service.version",
                               "The service and this program are version %s", UTF8(service));
    }
    finding_add_detail(finding, "service", "%s", UTF8(running));
    finding_add_detail(finding, "file", "%s", UTF8(file));
    finding_add_detail(finding, "client", "%s", UTF8(PRODUCT_VERSION));
}

void check_service(const struct doctor *doctor, struct findings *findings)
{
    CLEANUP_FREE struct service_view *view = calloc(1, sizeof(*view));
    if (!view) {
        findings->is_short = true;
        return;
    }
    view->doctor = doctor;
    view->facts = &doctor->facts;
    if (view->facts->error) {
        report_missing(doctor, view->facts->error, findings);
    } else {
        if (view->facts->config_error)
            doctor_unreadable(findings, "service.installed", "How the service is installed",
                              view->facts->config_error);
        else
            report_installation(view, findings);
        report_running(view, findings);
    }
    report_control(view, findings);
    report_versions(view, findings);
}
