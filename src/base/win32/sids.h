/* SPDX-License-Identifier: MIT */
/* sids.h: accounts that are trusted with the whole machine. */
#ifndef BASE_WIN32_SIDS_H
#define BASE_WIN32_SIDS_H

#include <stdbool.h>
#include <windows.h>

/* SYSTEM, or the group Administrators. Either owns what a service makes: by Windows' default the
 * group owns what its members make. */
static inline bool sid_is_privileged(PSID sid)
{
    return IsWellKnownSid(sid, WinLocalSystemSid) ||
           IsWellKnownSid(sid, WinBuiltinAdministratorsSid);
}

#endif
