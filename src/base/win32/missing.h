/* SPDX-License-Identifier: MIT */
/* missing.h: declarations of the Windows SDK that MinGW's headers lack. */
#ifndef BASE_WIN32_MISSING_H
#define BASE_WIN32_MISSING_H

#include <windows.h>

/* ProcThreadAttributeValue(ProcThreadAttributeJobList (13), FALSE, TRUE, FALSE): winbase.h of the
 * Windows SDK, for Windows 10. */
#ifndef PROC_THREAD_ATTRIBUTE_JOB_LIST
#define PROC_THREAD_ATTRIBUTE_JOB_LIST 0x0002000d
#endif

/* For WINTRUST_DATA.dwProvFlags: wintrust.h of the Windows SDK. */
#ifndef WTD_DISABLE_MD2_MD4
#define WTD_DISABLE_MD2_MD4 0x00002000
#endif

#endif
