/* SPDX-License-Identifier: MIT */
/* program_check.h: that openvpn.exe is what an administrator has installed. Whoever can replace it
 * acts as every user who connects. */
#ifndef SERVICE_STARTUP_PROGRAM_CHECK_H
#define SERVICE_STARTUP_PROGRAM_CHECK_H

#include "policy/policy.h"
#include "service/caller.h"
#include "service/settings.h"

/* What is to be started. Close it when that is done. */
struct program {
    char16_t path[POLICY_PATH_UNITS]; /* final: no link in it can be changed */
    HANDLE file; /* open if its signature was looked at: until it is closed nobody can change,
                    replace or move the file */
};
void program_close(struct program *program); /* usable with CLEANUP() */

/* Resolves exe_path to its final path. Refuses it when every local user, or this caller who is no
 * administrator, could change the file, what is beside it or what its path leads to, unless the
 * setting allow_writable_install is on; and when none of exe_signers has signed it. Without
 * exe_signers a path that cannot be resolved is left as it is: starting it gives the reason.
 * Zero-initialise the program. */
struct failure program_check(const struct settings *settings, const struct caller *caller,
                             struct program *program);

#endif
