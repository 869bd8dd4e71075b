/* SPDX-License-Identifier: MIT */
/* profile_rights.h: who may run a profile of their own: docs/profiles.md. */
#ifndef SERVICE_STARTUP_PROFILE_RIGHTS_H
#define SERVICE_STARTUP_PROFILE_RIGHTS_H

#include "service/caller.h"
#include "service/settings.h"

/* Whether the setting user_profiles is on, and the caller is logged on at this computer or from a
 * remote desktop, with a token that no program has restricted, and in the settings' group if there
 * is one. May ask a domain controller. */
bool caller_may_run_profiles(const struct caller *caller, const struct settings *settings);

#endif
