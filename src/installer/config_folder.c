/* SPDX-License-Identifier: MIT */
#include "installer/config_folder.h"

#include "base/win32/handles.h"

#include <sddl.h>

/* SYSTEM and administrators: everything. Users: read and execute. Nothing from the folder above,
 * which may be one that everybody can write. */
static const char16_t CONFIG_ACCESS[] =
    u"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)";

uint32_t config_folder_make(const char16_t *path, bool *is_new)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    *is_new = false;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(CONFIG_ACCESS, SDDL_REVISION_1,
                                                              &descriptor, NULL))
        return GetLastError();
    SECURITY_ATTRIBUTES security = {sizeof(security), descriptor, FALSE};
    *is_new = CreateDirectoryW(path, &security);
    const uint32_t error = *is_new ? 0 : GetLastError();
    return error == ERROR_ALREADY_EXISTS ? 0 : error;
}

void config_folder_remove(const char16_t *path)
{
    RemoveDirectoryW(path);
}
