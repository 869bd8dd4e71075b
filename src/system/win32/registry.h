/* SPDX-License-Identifier: MIT */
/* registry.h: what the parts of registry_win32() and dns_client_win32() share. Within this folder
 * only. */
#ifndef SYSTEM_WIN32_REGISTRY_H
#define SYSTEM_WIN32_REGISTRY_H

#include "system/dns_client.h"
#include "system/registry.h"

#include <windows.h>

/* exclusion.c */
uint32_t win32_enter(struct registry *self);
void win32_leave(struct registry *self);

#endif
