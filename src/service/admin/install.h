/* SPDX-License-Identifier: MIT */
/* install.h: -install and -remove. Each prints what it did or what to do next, and returns 0 or a
 * Win32 error. */
#ifndef SERVICE_ADMIN_INSTALL_H
#define SERVICE_ADMIN_INSTALL_H

#include <stdint.h>
#include <uchar.h>

uint32_t install_service(const char16_t *instance);
uint32_t remove_service(const char16_t *instance);

#endif
