/* SPDX-License-Identifier: MIT */
#include "describe.h"

#include <sddl.h>

void record_security(struct record *record, const char *name, const SECURITY_ATTRIBUTES *attributes)
{
    wchar_t *text = NULL;
    if (record->off)
        return;
    if (attributes && attributes->lpSecurityDescriptor)
        ConvertSecurityDescriptorToStringSecurityDescriptorW(
            attributes->lpSecurityDescriptor, SDDL_REVISION_1,
            OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |
                LABEL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION, /* Wine: the label too */
            &text, NULL);
    record_wide(record, name, text);
    LocalFree(text);
}

void record_handle(struct record *record, const char *name, HANDLE handle)
{
    record_hex(record, name, (UINT_PTR)handle);
}
