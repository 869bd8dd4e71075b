/* SPDX-License-Identifier: MIT */
/* child_security.h: what the user may do to an openvpn.exe that the service has started for them.
 *
 * It runs as the user but belongs to the service: the user may end it, look at it and wait for it,
 * as OpenVPN-GUI does, but neither write into it nor change who may. */
#ifndef SERVICE_STARTUP_CHILD_SECURITY_H
#define SERVICE_STARTUP_CHILD_SECURITY_H

#include "service/startup/caller.h"

struct child_security {
    PSECURITY_DESCRIPTOR process;
    PSECURITY_DESCRIPTOR thread;
};

/* Zero-initialise it. On a failure nothing is left to free. */
struct failure child_security_make(const struct caller *caller, struct child_security *security);
void child_security_free(struct child_security *security); /* usable with CLEANUP() */

#endif
