/* SPDX-License-Identifier: MIT */
/* authorise.h: who may use any option and any config file: docs/protocol.md, "Option check". */
#ifndef SERVICE_STARTUP_AUTHORISE_H
#define SERVICE_STARTUP_AUTHORISE_H

#include "service/settings.h"
#include "service/caller.h"

/* Whether the caller is the service user, or a member of Administrators or of the settings' group:
 * by token (a deny-only membership counts), or by the group's list of members (so that a user who
 * was added a moment ago need not log on again). Logs the reason for a yes. May ask a domain
 * controller, and so take long. */
bool caller_is_authorised(const struct caller *caller, const struct settings *settings);

#endif
