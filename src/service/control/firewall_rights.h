/* SPDX-License-Identifier: MIT */
/* firewall_rights.h: what speaks against a start of the kill switch: who wants it, by the token
 * alone, and a service that Windows does not start. */
#ifndef SERVICE_CONTROL_FIREWALL_RIGHTS_H
#define SERVICE_CONTROL_FIREWALL_RIGHTS_H

#include "service/caller.h"
#include "service/settings.h"

/* Whether the setting `firewall_users` has the caller; administrators always may. */
bool caller_may_start_firewall(const struct caller *caller, const struct settings *settings);

/* Whether the caller's session is used from another machine: by Remote Desktop, or by a logon over
 * the network (SSH). */
bool caller_is_remote(const struct caller *caller);

/* Whether Windows starts the service of the instance at its own start. */
bool service_is_automatic(const char16_t *instance);

#endif
