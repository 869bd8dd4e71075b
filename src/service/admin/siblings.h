/* SPDX-License-Identifier: MIT */
/* siblings.h: other instances of the service on this machine. */
#ifndef SERVICE_ADMIN_SIBLINGS_H
#define SERVICE_ADMIN_SIBLINGS_H

#include <stdbool.h>
#include <uchar.h>

/* Whether a service other than `name` runs this very executable. When that cannot be found out it
 * is taken to be so: what is shared is left. */
bool siblings_exist(const char16_t *name);

#endif
