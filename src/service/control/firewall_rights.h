/* SPDX-License-Identifier: MIT */
/* firewall_rights.h: what speaks against a caller who wants to start the kill switch, by the token
 * alone. */
#ifndef SERVICE_CONTROL_FIREWALL_RIGHTS_H
#define SERVICE_CONTROL_FIREWALL_RIGHTS_H

#include "service/caller.h"
#include "service/settings.h"

/* Whether the setting `firewall_users` has the caller; administrators always may. */
bool caller_may_start_firewall(const struct caller *caller, const struct settings *settings);

/* Whether the caller's session is used from another machine: by Remote Desktop, or by a logon over
 * the network (SSH). */
bool caller_is_remote(const struct caller *caller);

#endif
