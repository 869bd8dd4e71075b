/* SPDX-License-Identifier: MIT */
/* program_check.h: that openvpn.exe is what an administrator has installed. Whoever can replace it
 * acts as every user who connects. */
#ifndef SERVICE_STARTUP_PROGRAM_CHECK_H
#define SERVICE_STARTUP_PROGRAM_CHECK_H

#include "policy/policy.h"
#include "service/caller.h"
#include "service/settings.h"

/* Resolves exe_path to its final path, which is to be started: no link can be changed in between.
 * Refuses it when every local user, or this caller who is no administrator, could change the file,
 * what is beside it or what its path leads to; unless the setting allow_writable_install is on. A
 * path that cannot be resolved is left as it is: starting it gives the reason. */
struct failure program_check(const struct settings *settings, const struct caller *caller,
                             char16_t path[POLICY_PATH_UNITS]);

#endif
