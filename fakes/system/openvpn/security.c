/* SPDX-License-Identifier: MIT */
#include "openvpn.h"

#include "security.h"

#include <aclapi.h>
#include <sddl.h>

enum { SDDL_UNITS = 1024 };

static wchar_t process_sddl[SDDL_UNITS], thread_sddl[SDDL_UNITS];

static void note(HANDLE object, wchar_t *sddl)
{
    enum { WANTED = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION };
    PSECURITY_DESCRIPTOR descriptor = NULL;
    wchar_t *text = NULL;
    if (GetSecurityInfo(object, SE_KERNEL_OBJECT, WANTED, NULL, NULL, NULL, NULL, &descriptor))
        return;
    if (ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1, WANTED,
                                                             &text, NULL))
        lstrcpynW(sddl, text, SDDL_UNITS);
    LocalFree(text);
    LocalFree(descriptor);
}

void security_note(void)
{
    note(GetCurrentProcess(), process_sddl);
    note(GetCurrentThread(), thread_sddl);
}

void security_open(void)
{
    PSECURITY_DESCRIPTOR open = NULL;
    if (ConvertStringSecurityDescriptorToSecurityDescriptorW(L"D:(A;;GA;;;WD)", SDDL_REVISION_1,
                                                             &open, NULL))
        SetKernelObjectSecurity(GetCurrentProcess(), DACL_SECURITY_INFORMATION, open);
    LocalFree(open);
}

const wchar_t *security_of_process(void)
{
    return process_sddl;
}

const wchar_t *security_of_thread(void)
{
    return thread_sddl;
}
