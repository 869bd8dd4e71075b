/* SPDX-License-Identifier: MIT */
#include "service/final_path.h"

#include "base/text.h"

#include <string.h>

static const char16_t LOCAL_PREFIX[] = u"\\\\?\\";

bool path_is_local(const char16_t *path)
{
    char16_t drive = (char16_t)(path[0] | 0x20);
    return drive >= 'a' && drive <= 'z' && path[1] == ':' && path[2] == '\\';
}

uint32_t final_path_of(HANDLE file, char16_t path[POLICY_PATH_UNITS])
{
    const size_t prefix = ARRAY_COUNT(LOCAL_PREFIX) - 1;
    DWORD length = GetFinalPathNameByHandleW(file, path, POLICY_PATH_UNITS,
                                             FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
    if (length == 0)
        return GetLastError();
    if (length >= POLICY_PATH_UNITS)
        return ERROR_FILENAME_EXCED_RANGE;
    if (text_starts_with(path, LOCAL_PREFIX) && path_is_local(path + prefix))
        memmove(path, path + prefix, (length + 1 - prefix) * sizeof(*path));
    return 0;
}
