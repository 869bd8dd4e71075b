/* SPDX-License-Identifier: MIT */
/* advice.h: prints what an administrator has to put right so that the service of an instance can
 * serve, and safely. Nothing is printed where all is well. */
#ifndef SERVICE_ADMIN_ADVICE_H
#define SERVICE_ADMIN_ADVICE_H

#include <stdbool.h>
#include <uchar.h>

/* The registry key is missing. */
void advise_on_settings(const char16_t *instance);

/* There is no openvpn.exe or no config folder, or a setting is invalid, which is logged; with
 * `looks_at_access` also whether users can change what the service runs: without usable settings
 * only its executable can be checked. */
void advise_on_installation(const char16_t *instance, bool looks_at_access);

#endif
