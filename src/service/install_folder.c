/* SPDX-License-Identifier: MIT */
#include "service/install_folder.h"

#include "base/errors.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/account.h"
#include "base/win32/path_acl.h"
#include "service/program.h"

#include <sddl.h>

enum { CHECKED_PATHS = 4 };

struct folder_check {
    PSID trusted;
    install_folder_finding *report;
    char16_t reported[CHECKED_PATHS][PROGRAM_UNITS];
    unsigned reported_count;
};

/* Several of the checked paths may be in one folder. */
static bool was_reported(const struct folder_check *check, const char16_t *path)
{
    for (unsigned i = 0; i < check->reported_count; i++)
        if (CompareStringOrdinal(check->reported[i], -1, path, -1, TRUE) == CSTR_EQUAL)
            return true;
    return false;
}

static void report_once(struct folder_check *check, const char16_t *path, PSID account)
{
    CLEANUP_LOCAL char16_t *sid = NULL;
    char16_t name[ACCOUNT_UNITS];
    if (was_reported(check, path))
        return;
    struct text text = TEXT_ON(check->reported[check->reported_count++]);
    text_append(&text, path);
    if (!ConvertSidToStringSidW(account, &sid))
        return;
    account_describe(account, name);
    check->report(path, name, sid);
}

static bool is_untrusted(const void *context, PSID account)
{
    const struct folder_check *check = context;
    return !file_acl_trusts(account, check->trusted);
}

static void check_path(struct folder_check *check, const char16_t *path, bool is_file)
{
    CLEANUP(path_finding_free) struct path_finding finding = {.descriptor = NULL};
    if (path_acl_find(path, is_file, is_untrusted, check, &finding))
        report_once(check, finding.path, finding.account);
}

void install_folder_check(const struct settings *settings, bool trust_installer,
                          install_folder_finding *report)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    struct folder_check check = {.report = report};
    char16_t program[PROGRAM_UNITS], tapctl_path[PROGRAM_UNITS];
    struct text tapctl = TEXT_ON(tapctl_path);
    if (!program_path(program)) {
        if (trust_installer)
            check.trusted = program_owner(&descriptor);
        check_path(&check, program, true);
    }
    if (!settings)
        return;
    check_path(&check, settings->exe_path, true);
    text_append(&tapctl, settings->bin_dir);
    text_append(&tapctl, u"tapctl.exe");
    check_path(&check, tapctl_path, true);
    check_path(&check, settings->config_dir, false);
}

static uint32_t check_attributes(const char16_t *path, bool is_folder)
{
    DWORD attributes = GetFileAttributesW(path);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return GetLastError();
    if (!(attributes & FILE_ATTRIBUTE_DIRECTORY) == !is_folder)
        return 0;
    return is_folder ? ERROR_DIRECTORY : ERROR_DIRECTORY_NOT_SUPPORTED;
}

void install_folder_find_missing(const struct settings *settings, install_folder_missing *report)
{
    const struct {
        const char16_t *path, *what;
        bool is_folder;
    } rows[] = {
        {settings->exe_path,
         u"Nobody can connect, because there is no program openvpn.exe at exe_path", false},
        {settings->config_dir,
         u"Only administrators of OpenVPN can connect, because there is no folder config_dir",
         true},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        uint32_t error = check_attributes(rows[i].path, rows[i].is_folder);
        if (error)
            report(rows[i].what, rows[i].path, error);
    }
}
