/* SPDX-License-Identifier: MIT */
/* wfp_filter.h: filters of firewall/filter.h as those of the Windows Filtering Platform. Within
 * src/system/win32 only. */
#ifndef SYSTEM_WIN32_WFP_FILTER_H
#define SYSTEM_WIN32_WFP_FILTER_H

#include "base/cleanup.h"
#include "firewall/kill_switch.h"

#include <winsock2.h>
#include <windows.h>
#include <fwpmu.h>

/* MinGW's headers lack these; the values are from fwpmu.h and fwpmtypes.h of the Windows SDK. */
#ifndef FWPM_SESSION_FLAG_DYNAMIC
#define FWPM_SESSION_FLAG_DYNAMIC 0x00000001
#endif
#ifndef FWPM_TXN_READ_ONLY
#define FWPM_TXN_READ_ONLY 0x00000001
#endif
#ifndef FWPM_FILTER_FLAG_PERSISTENT
#define FWPM_FILTER_FLAG_PERSISTENT 0x00000001
#define FWPM_FILTER_FLAG_BOOTTIME   0x00000002
#define FWPM_FILTER_FLAG_DISABLED   0x00000020
#endif
#ifndef FWPM_PROVIDER_FLAG_PERSISTENT
#define FWPM_PROVIDER_FLAG_PERSISTENT 0x00000001
#define FWPM_PROVIDER_FLAG_DISABLED   0x00000010
#endif
#ifndef FWPM_SUBLAYER_FLAG_PERSISTENT
#define FWPM_SUBLAYER_FLAG_PERSISTENT 0x00000001
#endif

/* ---- programs ---- */

enum { WFP_PROGRAMS = PROGRAM_FURTHER + KILL_SWITCH_PROGRAMS };

/* By which the platform knows programs; NULL: none was looked for, or there is no such file. */
struct wfp_programs {
    FWP_BYTE_BLOB *ids[WFP_PROGRAMS];
};

/* Looks for a program. Returns 0 or an error, not logged: ERROR_FILE_NOT_FOUND, ... */
uint32_t wfp_programs_find(struct wfp_programs *programs, unsigned program, const char16_t *path);
void wfp_programs_free(struct wfp_programs *programs);
#define CLEANUP_PROGRAMS CLEANUP(wfp_programs_free)

/* ---- filters ---- */

/* Whose filter it is, and for how long. */
struct wfp_place {
    GUID key;       /* zero: Windows chooses one */
    GUID *provider; /* NULL: none */
    GUID sublayer;
    UINT32 flags; /* FWPM_FILTER_FLAG_... */
    const wchar_t *name;
};

const GUID *wfp_layer(enum filter_layer layer);
FWP_ACTION_TYPE wfp_action(enum filter_action action);

/* How many conditions it has there: one about a further program that is not found is left out.
 * There is always one about openvpn.exe beside it, which is not. */
size_t wfp_condition_count(const struct filter *filter, const struct wfp_programs *programs);

/* Returns 0 or an error, logged. `id` may be NULL. */
uint32_t wfp_filter_add(HANDLE engine, const struct filter *filter, const struct wfp_place *place,
                        const struct wfp_programs *programs, UINT64 *id);

#endif
