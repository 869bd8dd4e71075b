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

/* winnt.h of the Windows SDK: files that Windows fetches from elsewhere when they are opened or
 * read. */
#ifndef FILE_ATTRIBUTE_RECALL_ON_OPEN
#define FILE_ATTRIBUTE_RECALL_ON_OPEN 0x00040000
#endif
#ifndef FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS
#define FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS 0x00400000
#endif

/* For WINTRUST_DATA.dwProvFlags: wintrust.h of the Windows SDK. */
#ifndef WTD_DISABLE_MD2_MD4
#define WTD_DISABLE_MD2_MD4 0x00002000
#endif

/* ntddk.h, which is for drivers: the version of Windows, whatever programs say that they know.
 * Returns STATUS_SUCCESS. */
LONG NTAPI RtlGetVersion(RTL_OSVERSIONINFOW *version);

#endif
