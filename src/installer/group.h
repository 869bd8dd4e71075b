/* SPDX-License-Identifier: MIT */
/* group.h: the group whose members may use any option and config. */
#ifndef INSTALLER_GROUP_H
#define INSTALLER_GROUP_H

#include "installer/package.h"

/* Makes the local group, empty, unless it exists. A name with a domain is left to its
 * administrators. A failure is logged: the service works without the group. It is never deleted:
 * it may have members, and OpenVPN uses it too. */
void group_make(MSIHANDLE package, const char16_t *name);

#endif
