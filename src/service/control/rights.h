/* SPDX-License-Identifier: MIT */
/* rights.h: who may do what a setting gives to some users (firewall_users, update_users),
 * by the token alone; and what else speaks against a start of the kill switch. */
#ifndef SERVICE_CONTROL_RIGHTS_H
#define SERVICE_CONTROL_RIGHTS_H

#include "service/caller.h"

/* Whether the value of such a setting has the caller: "administrators", "interactive" or the name
 * of a group. Administrators always may. */
bool caller_is_among(const struct caller *caller, const char16_t *users);

/* Whether the caller's session is used from another machine: by Remote Desktop, or by a logon over
 * the network (SSH). */
bool caller_is_remote(const struct caller *caller);

/* Whether Windows starts the service of the instance at its own start. */
bool service_is_automatic(const char16_t *instance);

#endif
