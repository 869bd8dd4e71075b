/* SPDX-License-Identifier: MIT */
#include "service/update/root_file.h"

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "base/win32/account.h"
#include "base/win32/handles.h"
#include "base/win32/path_acl.h"
#include "service/program.h"
#include "service/update/caller_file.h"

static const char16_t ROOT_FILE[] = u"update.root";

static uint32_t root_file_path(char16_t path[PROGRAM_UNITS])
{
    uint32_t error = program_path(path);
    if (error)
        return error;
    size_t length = text_length(path);
    while (length && path[length - 1] != '\\')
        length--;
    struct text text = {.units = path, .length = length, .capacity = PROGRAM_UNITS};
    text_append(&text, ROOT_FILE);
    return text.truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
}

/* Whoever owns the program can replace it, and so is trusted with what stands beside it. */
static bool is_untrusted_with_root(const void *context, PSID account)
{
    return !file_acl_trusts(account, (PSID)(ULONG_PTR)context);
}

static bool find_who_can_change(const char16_t *path, struct path_finding *finding)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR of_program = NULL;
    return path_acl_find(path, true, is_untrusted_with_root, program_owner(&of_program), finding) ||
           finding->error;
}

static uint32_t check_root_file(const char16_t *path, struct update_refusal *refusal)
{
    CLEANUP(path_finding_free) struct path_finding finding = {.descriptor = NULL};
    return find_who_can_change(path, &finding) ? update_refuse(refusal, UPDATE_ROOT_CHANGEABLE) : 0;
}

void root_file_report(const struct update_refusal *refusal)
{
    CLEANUP(path_finding_free) struct path_finding finding = {.descriptor = NULL};
    char16_t path[PROGRAM_UNITS], account[ACCOUNT_UNITS];
    if (refusal->reason != UPDATE_ROOT_CHANGEABLE || root_file_path(path) ||
        !find_who_can_change(path, &finding))
        return;
    path_finding_describe(&finding, account);
    log_error_of(LOG_UPDATE_REFUSED, 0,
                 "No update can be trusted: %s may be changed by %s. Let only administrators write "
                 "there",
                 UTF8(finding.path), UTF8(account));
}

uint32_t root_file_read(void **bytes, size_t *size, struct update_refusal *refusal)
{
    CLEANUP_HANDLE HANDLE file = NULL;
    char16_t path[PROGRAM_UNITS];
    uint32_t error = update_fail(refusal, root_file_path(path));
    if (error)
        return error;
    file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        error = GetLastError();
        return error == ERROR_FILE_NOT_FOUND ? update_refuse(refusal, UPDATE_NO_ROOT)
                                             : update_fail(refusal, error);
    }
    error = check_root_file(path, refusal);
    return error ? error : caller_file_read(file, bytes, size, refusal);
}
