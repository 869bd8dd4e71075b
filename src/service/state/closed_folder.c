/* SPDX-License-Identifier: MIT */
#include "service/state/closed_folder.h"

#include "base/text.h"
#include "base/win32/handles.h"

#include <sddl.h>

/* Owned by Administrators, for them and SYSTEM alone. */
static const char16_t FOLDER_ACCESS[] = u"O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
const char16_t CLOSED_FILE_ACCESS[] = u"O:BAG:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)";

static uint32_t make_closed_descriptor(const char16_t *access, PSECURITY_DESCRIPTOR *descriptor)
{
    return ConvertStringSecurityDescriptorToSecurityDescriptorW(access, SDDL_REVISION_1, descriptor,
                                                                NULL)
               ? 0
               : GetLastError();
}

uint32_t closed_file_descriptor(PSECURITY_DESCRIPTOR *descriptor)
{
    return make_closed_descriptor(CLOSED_FILE_ACCESS, descriptor);
}

uint32_t closed_folder_make(const char16_t *path)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    uint32_t error = make_closed_descriptor(FOLDER_ACCESS, &descriptor);
    if (error)
        return error;
    SECURITY_ATTRIBUTES security = {sizeof(security), descriptor, FALSE};
    if (CreateDirectoryW(path, &security))
        return 0;
    error = GetLastError();
    return error == ERROR_ALREADY_EXISTS ? 0 : error;
}

static uint32_t refuse_closed(const char16_t *reason, char16_t why[TRUST_WHY_UNITS])
{
    struct text text = text_on(why, TRUST_WHY_UNITS);
    text_append(&text, reason);
    return ERROR_UNTRUSTED;
}

/* Checks the path before it is opened. Wine shows a link only this way, and not by its handle. */
static uint32_t check_path_name(const char16_t *path, enum trust_object object,
                                char16_t why[TRUST_WHY_UNITS])
{
    DWORD attributes = GetFileAttributesW(path);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return 0; /* opening it returns the reason */
    if (attributes & FILE_ATTRIBUTE_REPARSE_POINT)
        return refuse_closed(u"it is a link", why);
    if (object == TRUST_FOLDER && !(attributes & FILE_ATTRIBUTE_DIRECTORY))
        return refuse_closed(u"it is a file", why);
    return 0;
}

uint32_t closed_check(const char16_t *path, HANDLE handle, enum trust_object object,
                      char16_t why[TRUST_WHY_UNITS])
{
    uint32_t error = check_path_name(path, object, why);
    if (!error && !trust_is_closed(handle, object, why))
        error = ERROR_UNTRUSTED;
    return error;
}

/* For reading, and without sharing deletion (MS-FSA 2.1.5.1.2.2: other rights take no part in
 * sharing). */
uint32_t closed_folder_hold(const char16_t *path, HANDLE *held, char16_t why[TRUST_WHY_UNITS])
{
    CLEANUP_HANDLE HANDLE folder = NULL;
    uint32_t error = check_path_name(path, TRUST_FOLDER, why);
    if (error)
        return error;
    folder = CreateFileW(path, FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | READ_CONTROL,
                         FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                         FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (folder == INVALID_HANDLE_VALUE)
        return GetLastError();
    error = closed_check(path, folder, TRUST_FOLDER, why);
    if (!error)
        *held = TAKE(folder);
    return error;
}
