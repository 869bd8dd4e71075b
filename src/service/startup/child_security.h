/* SPDX-License-Identifier: MIT */
/* child_security.h: the security descriptors of the process and thread of an openvpn.exe.
 *
 * It runs as the user but the service owns it: the user may terminate it, read it and wait for it,
 * as OpenVPN-GUI does, but may neither write into it nor change the ACL. */
#ifndef SERVICE_STARTUP_CHILD_SECURITY_H
#define SERVICE_STARTUP_CHILD_SECURITY_H

#include "service/caller.h"

struct child_security {
    PSECURITY_DESCRIPTOR process;
    PSECURITY_DESCRIPTOR thread;
};

/* Zero-initialise it. After a failure there is nothing to free. */
struct failure child_security_make(const struct caller *caller, struct child_security *security);
void child_security_free(struct child_security *security); /* usable with CLEANUP() */

#endif
