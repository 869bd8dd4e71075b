/* SPDX-License-Identifier: MIT */
/* wfp_sublayers.h: where a sublayer of the Windows Filtering Platform stands among those of other
 * programs. Within src/system/win32 only. */
#ifndef SYSTEM_WIN32_WFP_SUBLAYERS_H
#define SYSTEM_WIN32_WFP_SUBLAYERS_H

#include "base/text.h"
#include "system/win32/wfp_filter.h"

/* Appends the names of the sublayers with a higher weight than this one, with ", " between them.
 * None if it is not there. Returns 0 or an error, logged. */
uint32_t wfp_sublayers_above(HANDLE engine, const GUID *sublayer, struct text *names);

#endif
