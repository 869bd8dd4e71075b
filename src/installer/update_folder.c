/* SPDX-License-Identifier: MIT */
#include "installer/update_folder.h"

#include "base/text.h"
#include "base/win32/file_acl.h"
#include "base/win32/handles.h"
#include "base/win32/program_data.h"
#include "product.h"
#include "update/files.h"

#include <aclapi.h>

enum { UPDATE_FOLDER_UNITS = 512, TOKEN_USER_BYTES = sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE };

/* ---- a folder that nobody else could lead elsewhere ---- */

/* Windows Installer runs this as SYSTEM. */
static uint32_t own_user(void *bytes, PSID *sid)
{
    CLEANUP_HANDLE HANDLE token = NULL;
    DWORD size = 0;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) ||
        !GetTokenInformation(token, TokenUser, bytes, TOKEN_USER_BYTES, &size))
        return GetLastError();
    *sid = ((TOKEN_USER *)bytes)->User.Sid;
    return 0;
}

static uint32_t check_is_closed(HANDLE folder)
{
    const DWORD rights = RIGHTS_TO_CHANGE | RIGHTS_TO_REPLACE;
    _Alignas(TOKEN_USER) unsigned char bytes[TOKEN_USER_BYTES];
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID own = NULL, untrusted;
    uint32_t error = own_user(bytes, &own);
    if (!error)
        error = GetSecurityInfo(folder, SE_FILE_OBJECT,
                                OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL, NULL,
                                NULL, NULL, &descriptor);
    if (!error && file_acl_find_untrusted(descriptor, rights, own, &untrusted))
        error = ERROR_INVALID_OWNER;
    return error;
}

/* Wine shows a link by its path only, and not by its handle. */
static bool is_plain_folder(const char16_t *path, HANDLE folder)
{
    BY_HANDLE_FILE_INFORMATION information;
    const DWORD attributes = GetFileAttributesW(path);
    return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_REPARSE_POINT) &&
           GetFileInformationByHandle(folder, &information) &&
           (information.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) &&
           !(information.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT);
}

/* Nobody can rename or delete it before the handle is closed, so paths through it stay good. */
static uint32_t hold_folder(const char16_t *path, HANDLE *held)
{
    CLEANUP_HANDLE HANDLE folder =
        CreateFileW(path, FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | READ_CONTROL,
                    FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                    FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (folder == INVALID_HANDLE_VALUE)
        return GetLastError();
    uint32_t error = is_plain_folder(path, folder) ? check_is_closed(folder) : ERROR_INVALID_OWNER;
    if (!error)
        *held = TAKE(folder);
    return error;
}

/* ---- what is in it ---- */

static uint32_t delete_file_there(const struct text *folder, const char16_t *name)
{
    char16_t units[UPDATE_FOLDER_UNITS + MAX_PATH];
    struct text path = TEXT_ON(units);
    text_append(&path, folder->units);
    text_append(&path, u"\\");
    text_append(&path, name);
    if (path.truncated)
        return ERROR_FILENAME_EXCED_RANGE;
    return DeleteFileW(units) ? 0 : GetLastError();
}

static uint32_t delete_own_files(const struct text *folder)
{
    char16_t units[UPDATE_FOLDER_UNITS + 2];
    struct text pattern = TEXT_ON(units);
    WIN32_FIND_DATAW found;
    uint32_t error = 0;
    text_append(&pattern, folder->units);
    text_append(&pattern, u"\\*");
    HANDLE search = FindFirstFileW(units, &found);
    if (search == INVALID_HANDLE_VALUE)
        return GetLastError();
    do {
        if ((found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) ||
            !update_file_is_ours(found.cFileName))
            continue;
        const uint32_t failed = delete_file_there(folder, found.cFileName);
        error = error ? error : failed;
    } while (FindNextFileW(search, &found));
    FindClose(search);
    return error;
}

static uint32_t delete_folder(const char16_t *path)
{
    return RemoveDirectoryW(path) ? 0 : GetLastError();
}

/* ---- all of it ---- */

uint32_t update_folder_forget(void)
{
    CLEANUP_HANDLE HANDLE above = NULL, folder = NULL;
    char16_t above_units[UPDATE_FOLDER_UNITS], units[UPDATE_FOLDER_UNITS];
    struct text above_path = TEXT_ON(above_units), path = TEXT_ON(units);
    uint32_t error = program_data_append(&above_path);
    text_append(&above_path, u"\\" PRODUCT_DATA_FOLDER);
    text_append(&path, above_units);
    text_append(&path, u"\\" UPDATE_FOLDER_NAME);
    if (!error && path.truncated)
        error = ERROR_FILENAME_EXCED_RANGE;
    if (!error)
        error = hold_folder(above_units, &above);
    if (!error)
        error = hold_folder(units, &folder);
    if (!error)
        error = delete_own_files(&path);
    close_handle(&folder);
    if (!error)
        error = delete_folder(units);
    close_handle(&above);
    if (!error)
        delete_folder(above_units); /* not while journals are left in it */
    return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? 0 : error;
}
