/* SPDX-License-Identifier: MIT */
/* The folder in which the configurations of ordinary users must lie. */
#include "client/cli/doctor/access.h"
#include "client/cli/doctor/doctor.h"

#include "base/text.h"
#include "base/win32/handles.h"

enum { FOLDER_UNITS = 2 * SETTING_PATH + 300, MOST_FOLDERS = 64, MOST_FILES = 10000 };

/* Counts the configurations in a folder, and in those right below it. */
struct config_count {
    const char16_t *extension;
    unsigned files, folders;
};

static bool is_config(const struct config_count *count, const char16_t *name)
{
    const size_t length = text_length(name), units = text_length(count->extension);
    return length > units &&
           text_equal_caseless(name + length - units, units, count->extension, units);
}

static uint32_t count_configs(struct config_count *count, const char16_t *folder, bool goes_below);

static void count_config(struct config_count *count, const char16_t *folder,
                         const WIN32_FIND_DATAW *found, bool goes_below)
{
    char16_t below[FOLDER_UNITS];
    struct text text = TEXT_ON(below);
    const bool is_folder = found->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
    if (!is_folder) {
        count->files += is_config(count, found->cFileName);
        return;
    }
    if (!goes_below || *found->cFileName == u'.' || ++count->folders > MOST_FOLDERS)
        return;
    text_append(&text, folder);
    text_append(&text, found->cFileName);
    text_append(&text, u"\\");
    if (!text.truncated)
        count_configs(count, below, false);
}

static uint32_t count_configs(struct config_count *count, const char16_t *folder, bool goes_below)
{
    char16_t pattern[FOLDER_UNITS];
    struct text text = TEXT_ON(pattern);
    WIN32_FIND_DATAW found;
    text_append(&text, folder);
    text_append(&text, u"*");
    if (text.truncated)
        return ERROR_FILENAME_EXCED_RANGE;
    HANDLE search = FindFirstFileW(pattern, &found);
    if (search == INVALID_HANDLE_VALUE)
        return GetLastError() == ERROR_FILE_NOT_FOUND ? 0 : GetLastError();
    do
        count_config(count, folder, &found, goes_below);
    while (count->files < MOST_FILES && FindNextFileW(search, &found));
    FindClose(search);
    return 0;
}

static void report_configs(const struct doctor *doctor, const char16_t *folder,
                           struct findings *findings)
{
    const char16_t *extension = doctor_setting(doctor, SETTING_CONFIG_EXT);
    struct config_count count = {*extension ? extension : u".ovpn", 0, 0};
    uint32_t error = count_configs(&count, folder, true);
    if (error) {
        doctor_unreadable(findings, "configs.files", "The configurations", error);
        return;
    }
    struct finding *finding = findings_add(
        findings, count.files ? VERDICT_OK : VERDICT_WARNING, "configs.files",
        "%u configurations (*%s) are in config_dir", count.files, UTF8(count.extension));
    finding_add_detail(finding, "count", "%u", count.files);
    if (!count.files)
        finding_advise(finding, "Put the configurations of your users there; other places are for "
                                "members of OpenVPN Administrators only");
}

void check_config_folder(const struct doctor *doctor, struct findings *findings)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    const char16_t *folder = doctor_setting(doctor, SETTING_CONFIG_DIR);
    const struct access_question question = {
        .name = "configs.access", .path = folder, .when_everybody = VERDICT_FAILURE};
    if (!*folder)
        return;
    const DWORD attributes = GetFileAttributesW(folder);
    const uint32_t error = attributes == INVALID_FILE_ATTRIBUTES      ? GetLastError()
                           : !(attributes & FILE_ATTRIBUTE_DIRECTORY) ? (uint32_t)ERROR_DIRECTORY
                                                                      : 0;
    if (error == ERROR_ACCESS_DENIED) {
        doctor_unreadable(findings, "configs.folder", "config_dir", error);
        return;
    }
    if (error) {
        finding_advise(
            findings_add(findings, VERDICT_FAILURE, "configs.folder",
                         "Only administrators of OpenVPN can connect, because there is no folder "
                         "config_dir: %s: %s",
                         UTF8(folder), WORDS(error)),
            "Make the folder, or correct the registry value config_dir and restart the service");
        return;
    }
    findings_add(findings, VERDICT_OK, "configs.folder", "%s", UTF8(folder));
    report_configs(doctor, folder, findings);
    access_check(findings, &question, access_installer(doctor, &descriptor));
}
