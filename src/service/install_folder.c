/* SPDX-License-Identifier: MIT */
#include "service/install_folder.h"

#include "base/errors.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "service/account.h"
#include "service/file_acl.h"
#include "service/program.h"

#include <aclapi.h>
#include <sddl.h>

enum { ROOT_UNITS = 3 /* "C:\" */, CHECKED_PATHS = 4 };

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

/* Returns whether there is a finding. What cannot be read does not exist, or Windows protects it.
 */
static bool check_acl(struct folder_check *check, const char16_t *path, DWORD rights)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID account;
    if (GetNamedSecurityInfoW(path, SE_FILE_OBJECT,
                              OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL, NULL,
                              NULL, NULL, &descriptor) ||
        !file_acl_find_untrusted(descriptor, rights, check->trusted, &account))
        return false;
    report_once(check, path, account);
    return true;
}

/* Removes the last name of the path. Returns false at a root. */
static bool cut_last_name(char16_t *path)
{
    size_t length = text_length(path);
    while (length > ROOT_UNITS && path[length - 1] != '\\')
        length--;
    while (length > ROOT_UNITS && path[length - 1] == '\\')
        length--;
    bool moved = path[length] != 0;
    path[length] = 0;
    return moved;
}

/* A file and its folder, or a folder, must not be changed by others; no folder above may be moved
 * away. A root cannot be moved. */
static void check_path(struct folder_check *check, const char16_t *what, bool is_file)
{
    char16_t path[PROGRAM_UNITS];
    struct text text = TEXT_ON(path);
    DWORD rights = RIGHTS_TO_CHANGE | RIGHTS_TO_REPLACE;
    text_append(&text, what);
    if (text.truncated || text.length < ROOT_UNITS)
        return;
    if (is_file && (check_acl(check, path, rights) || !cut_last_name(path)))
        return;
    if (path[text_length(path) - 1] == '\\' && text_length(path) > ROOT_UNITS)
        cut_last_name(path);
    do {
        if (text_length(path) <= ROOT_UNITS)
            rights &= ~(DWORD)DELETE;
        if (check_acl(check, path, rights))
            return;
        rights = RIGHTS_TO_REPLACE | FILE_DELETE_CHILD;
    } while (cut_last_name(path));
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
