/* SPDX-License-Identifier: MIT */
/* The journal: changes that are still to be undone, and what the service has set aside. */
#include "client/cli/doctor/doctor.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "base/win32/program_data.h"
#include "product.h"
#include "undo/win32/boot.h"
#include "undo/win32/journal_file.h"

struct journal_paths {
    char16_t folder[JOURNAL_PATH_UNITS]; /* of all programs' data */
    char16_t file[JOURNAL_PATH_UNITS];
};

static uint32_t find_journal_paths(const struct doctor *doctor, struct journal_paths *paths)
{
    struct text folder = TEXT_ON(paths->folder), file = TEXT_ON(paths->file);
    uint32_t error = program_data_append(&folder);
    if (error)
        return error;
    text_append(&file, paths->folder);
    text_append(&file, u"\\" PRODUCT_DATA_FOLDER u"\\");
    text_append(&file, doctor->service);
    text_append(&file, u".journal");
    return file.truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
}

/* ---- what is to be undone ---- */

static void report_told_entries(const struct doctor *doctor, struct findings *findings)
{
    const struct gatehouse_status *status = doctor->status;
    struct finding *finding;
    if (status->left) {
        finding = findings_add(findings, VERDICT_WARNING, "journal.entries",
                               "%llu changes of connections that have ended could not be undone "
                               "yet",
                               (unsigned long long)status->left);
        finding_advise(finding, "Run as administrator: %s; it says what they are",
                       COMMAND(doctor, "-cleanup"));
    } else {
        finding = findings_add(findings, VERDICT_OK, "journal.entries",
                               "%llu changes of living connections are in place, none of others",
                               (unsigned long long)status->open_entries);
    }
    finding_add_detail(finding, "open_entries", "%llu", (unsigned long long)status->open_entries);
    finding_add_detail(finding, "left", "%llu", (unsigned long long)status->left);
}

static bool count_entry(void *context, const struct journal_entry *entry)
{
    (void)entry;
    ++*(size_t *)context;
    return true;
}

static void report_open_entries(const struct doctor *doctor, size_t count,
                                struct findings *findings)
{
    const struct service_facts *facts = &doctor->facts;
    const bool runs = !facts->error && facts->status.dwCurrentState != SERVICE_STOPPED;
    struct finding *finding = findings_add(
        findings, runs ? VERDICT_WARNING : VERDICT_FAILURE, "journal.entries",
        runs ? "%lu changes are in place; which of them are of living connections, the service "
               "does not say"
             : "%lu changes of connections are still in place, because the service has ended "
               "without undoing them",
        (unsigned long)count);
    finding_advise(finding, "Start the service, or run as administrator: %s",
                   COMMAND(doctor, "-cleanup"));
    finding_add_detail(finding, "open_entries", "%lu", (unsigned long)count);
}

/* The service does not say: the file does, to administrators. */
static void report_entries_of_file(const struct doctor *doctor, const char16_t *path,
                                   struct findings *findings)
{
    CLEANUP_FREE void *bytes = NULL;
    size_t from = 0, size = 0, count = 0;
    uint64_t boot = 0;
    uint32_t error = journal_file_look(path, NULL, NULL, &from, &bytes, &size);
    boot_identity_read(PRODUCT_STATE_KEY, doctor->service, &boot);
    if (!error && size)
        error = journal_visit(bytes, size, boot, count_entry, &count);
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
        findings_add(findings, VERDICT_OK, "journal.entries", "There is no journal");
    else if (error == ERROR_INVALID_DATA)
        finding_advise(findings_add(findings, VERDICT_FAILURE, "journal.entries",
                                    "The journal is damaged, or of a newer version: %s",
                                    UTF8(path)),
                       "Start the service: it uses what can be read, and keeps the file aside");
    else if (error)
        doctor_unreadable(findings, "journal.entries", "The journal", error);
    else if (count)
        report_open_entries(doctor, count, findings);
    else
        findings_add(findings, VERDICT_OK, "journal.entries", "Nothing is left to undo");
}

/* ---- what was set aside ---- */

static const struct aside {
    const char16_t *suffix;
    const char *what, *advice;
} asides[] = {
    {u".damaged", "A damaged journal was set aside",
     "Check the disk, compare the network with ipconfig /all and route print, then delete the "
     "file"},
    {u".newer", "A journal of a newer version of the service was set aside",
     "Install that version, stop the service, rename the file to .journal, start the service"},
    {u".suspect",
     "A journal was set aside, because starts of the service have ended while they "
     "undid what is in it",
     "Its changes are still in place: see the event log, and report it with the file"},
};

/* In a folder that it may not list, an account is denied what is there, and not what is not. */
static bool file_is_there(const char16_t *path)
{
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES ||
           GetLastError() == ERROR_ACCESS_DENIED;
}

static bool report_aside(const char16_t *file, const struct aside *aside, struct findings *findings)
{
    char16_t path[JOURNAL_PATH_UNITS];
    struct text text = TEXT_ON(path);
    text_append(&text, file);
    text_append(&text, aside->suffix);
    if (text.truncated || !file_is_there(path))
        return false;
    struct finding *finding =
        findings_add(findings, VERDICT_WARNING, "journal.aside", "%s: %s", aside->what, UTF8(path));
    finding_advise(finding, "%s", aside->advice);
    finding_add_detail(finding, "path", "%s", UTF8(path));
    return true;
}

/* A folder that -install has found open to others, and renamed. */
static bool report_untrusted_folder(const char16_t *folder, struct findings *findings)
{
    char16_t pattern[JOURNAL_PATH_UNITS];
    struct text text = TEXT_ON(pattern);
    WIN32_FIND_DATAW found;
    text_append(&text, folder);
    text_append(&text, u"\\" PRODUCT_DATA_FOLDER u".untrusted-*");
    HANDLE search = FindFirstFileW(pattern, &found);
    if (search == INVALID_HANDLE_VALUE)
        return false;
    FindClose(search);
    struct finding *finding =
        findings_add(findings, VERDICT_WARNING, "journal.aside",
                     "A folder that others could write to was set aside: %s\\%s", UTF8(folder),
                     UTF8(found.cFileName));
    finding_advise(finding, "Find out who has made it, and delete it");
    return true;
}

static void report_asides(const struct journal_paths *paths, struct findings *findings)
{
    bool is_found = report_untrusted_folder(paths->folder, findings);
    for (size_t i = 0; i < ARRAY_COUNT(asides); i++)
        is_found |= report_aside(paths->file, &asides[i], findings);
    if (!is_found)
        findings_add(findings, VERDICT_OK, "journal.aside", "Nothing was set aside");
}

void check_journal(const struct doctor *doctor, struct findings *findings)
{
    struct journal_paths paths;
    uint32_t error = find_journal_paths(doctor, &paths);
    if (doctor->status)
        report_told_entries(doctor, findings);
    else if (error)
        doctor_unreadable(findings, "journal.entries", "Where the journal is", error);
    else
        report_entries_of_file(doctor, paths.file, findings);
    if (!error)
        report_asides(&paths, findings);
}
