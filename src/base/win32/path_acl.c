/* SPDX-License-Identifier: MIT */
#include "base/win32/path_acl.h"

#include "base/text.h"
#include "base/win32/handles.h"

#include <aclapi.h>

enum { ROOT_UNITS = 3 /* "C:\" */ };

void path_finding_free(struct path_finding *finding)
{
    LocalFree(finding->descriptor);
    finding->descriptor = NULL;
}

struct path_search {
    file_acl_judge *counts;
    const void *context;
    struct path_finding *finding;
};

void path_finding_describe(const struct path_finding *finding, char16_t text[ACCOUNT_UNITS])
{
    struct text unknown = text_on(text, ACCOUNT_UNITS);
    if (finding->account)
        account_describe(finding->account, text);
    else
        text_append(&unknown, u"somebody, because its access list cannot be read");
}

static void finding_set_path(struct path_finding *finding, const char16_t *path)
{
    struct text text = TEXT_ON(finding->path);
    text_append(&text, path);
}

/* What does not exist is no finding. */
static bool path_acl_check(const struct path_search *search, const char16_t *path, DWORD rights)
{
    struct path_finding *finding = search->finding;
    path_finding_free(finding);
    const DWORD error = GetNamedSecurityInfoW(
        path, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL, NULL,
        NULL, NULL, &finding->descriptor);
    if (error) {
        if (!finding->error && error != ERROR_FILE_NOT_FOUND && error != ERROR_PATH_NOT_FOUND) {
            finding->error = error;
            finding_set_path(finding, path);
        }
        return false;
    }
    if (!file_acl_find(finding->descriptor, rights, search->counts, search->context,
                       &finding->account))
        return false;
    finding_set_path(finding, path);
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
bool path_acl_find(const char16_t *what, bool is_file, file_acl_judge *counts, const void *context,
                   struct path_finding *finding)
{
    const struct path_search search = {counts, context, finding};
    char16_t path[PATH_ACL_UNITS];
    struct text text = TEXT_ON(path);
    DWORD rights = RIGHTS_TO_CHANGE | RIGHTS_TO_REPLACE;
    text_append(&text, what);
    if (text.truncated || text.length < ROOT_UNITS)
        return false;
    if (is_file && path_acl_check(&search, path, rights))
        return true;
    if (is_file && !cut_last_name(path))
        return false;
    if (path[text_length(path) - 1] == '\\' && text_length(path) > ROOT_UNITS)
        cut_last_name(path);
    do {
        if (text_length(path) <= ROOT_UNITS)
            rights &= ~(DWORD)DELETE;
        if (path_acl_check(&search, path, rights))
            return true;
        rights = RIGHTS_TO_REPLACE | FILE_DELETE_CHILD;
    } while (cut_last_name(path));
    return false;
}
