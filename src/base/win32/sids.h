/* SPDX-License-Identifier: MIT */
/* sids.h: accounts that Windows knows on every machine. */
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

/* Those that Windows' services run as. No user is one of them. */
static inline bool sid_is_service_account(PSID sid)
{
    return IsWellKnownSid(sid, WinLocalSystemSid) || IsWellKnownSid(sid, WinLocalServiceSid) ||
           IsWellKnownSid(sid, WinNetworkServiceSid);
}

#endif
