/* SPDX-License-Identifier: MIT */
#include "service/program.h"

#include <aclapi.h>

uint32_t program_path(char16_t path[PROGRAM_UNITS])
{
    DWORD length = GetModuleFileNameW(NULL, path, PROGRAM_UNITS);
    if (length == 0)
        return GetLastError();
    return length < PROGRAM_UNITS ? 0 : ERROR_FILENAME_EXCED_RANGE;
}

uint32_t program_append_quoted(struct text *text)
{
    char16_t path[PROGRAM_UNITS];
    uint32_t error = program_path(path);
    if (error)
        return error;
    text_append(text, u"\"");
    text_append(text, path);
    text_append(text, u"\"");
    return text->truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
}

PSID program_owner(PSECURITY_DESCRIPTOR *descriptor)
{
    char16_t path[PROGRAM_UNITS];
    PSID owner = NULL;
    *descriptor = NULL;
    if (!program_path(path))
        GetNamedSecurityInfoW(path, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL,
                              NULL, descriptor);
    return owner;
}
