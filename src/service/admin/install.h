/* SPDX-License-Identifier: MIT */
/* install.h: -install, -takeover, -remove and -withdraw. Each prints what it did or what to do
 * next, and returns 0 or a Win32 error. */
#ifndef SERVICE_ADMIN_INSTALL_H
#define SERVICE_ADMIN_INSTALL_H

#include <stdint.h>
#include <uchar.h>

uint32_t install_service(const char16_t *instance);

/* The same where there is a service of that name already: one of this program is brought up to
 * date, and keeps its start type; another program's is stopped, taken over, and remembered, so that
 * it is given back when it is removed. */
uint32_t take_over_service(const char16_t *instance);

/* With the journal, unless changes in it are still to be undone, and the kill switch. Another
 * program's service is left: ERROR_SERVICE_DOES_NOT_EXIST. */
uint32_t remove_service(const char16_t *instance);

/* The same, but leaves journal and kill switch as they are: for a setup that has failed and takes
 * back what it has done. */
uint32_t withdraw_service(const char16_t *instance);

#endif
