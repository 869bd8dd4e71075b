/* SPDX-License-Identifier: MIT */
#include "base/win32/trusted_program.h"

#include "base/text.h"
#include "base/win32/handles.h"

#include <string.h>

static const char16_t DISK_PREFIX[] = u"\\\\?\\";

/* "C:\..." behind the prefix that Windows puts before a final path. */
static uint32_t find_place(const char16_t *given, char16_t path[PATH_ACL_UNITS])
{
    const size_t prefix = ARRAY_COUNT(DISK_PREFIX) - 1;
    CLEANUP_HANDLE HANDLE file = CreateFileW(given, FILE_READ_ATTRIBUTES,
                                             FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                             NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    const DWORD length = GetFinalPathNameByHandleW(file, path, PATH_ACL_UNITS,
                                                   FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
    if (!length)
        return GetLastError();
    if (length >= PATH_ACL_UNITS)
        return ERROR_FILENAME_EXCED_RANGE;
    if (!text_starts_with(path, DISK_PREFIX) || length < prefix + 3 || path[prefix + 1] != ':')
        return ERROR_BAD_PATHNAME;
    memmove(path, path + prefix, (length + 1 - prefix) * sizeof(*path));
    return 0;
}

struct own_account {
    TOKEN_USER user;
    unsigned char sid[SECURITY_MAX_SID_SIZE]; /* which `user` points to */
};

static uint32_t read_own_account(struct own_account *own)
{
    CLEANUP_HANDLE HANDLE token = NULL;
    DWORD size;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) ||
        !GetTokenInformation(token, TokenUser, own, sizeof(*own), &size))
        return GetLastError();
    return 0;
}

static bool has_fewer_rights(const void *context, PSID account)
{
    const struct own_account *own = context;
    return !file_acl_trusts(account, own->user.User.Sid);
}

uint32_t trusted_program_find(const char16_t *given, char16_t path[PATH_ACL_UNITS],
                              struct path_finding *finding)
{
    struct own_account own;
    uint32_t error = find_place(given, path);
    if (!error)
        error = read_own_account(&own);
    if (error)
        return error;
    return path_acl_find(path, true, has_fewer_rights, &own, finding) || finding->error
               ? ERROR_ACCESS_DENIED
               : 0;
}
