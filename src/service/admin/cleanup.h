/* SPDX-License-Identifier: MIT */
/* cleanup.h: -cleanup: for administrators, undoes all that belongs to no living session.
 *
 * A service that runs holds its journal, and is asked to do it (CONTROL_CLEAN_UP); otherwise this
 * process does what a start of the service would, and leaves it at that. */
#ifndef SERVICE_ADMIN_CLEANUP_H
#define SERVICE_ADMIN_CLEANUP_H

#include <stdint.h>
#include <uchar.h>

/* Says what was done and names what is left. Returns 0 when nothing is left. */
uint32_t clean_up(const char16_t *instance);

#endif
