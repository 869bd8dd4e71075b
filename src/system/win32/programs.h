/* SPDX-License-Identifier: MIT */
/* programs.h: what the parts of programs_win32() share. Within this folder only. */
#ifndef SYSTEM_WIN32_PROGRAMS_H
#define SYSTEM_WIN32_PROGRAMS_H

#include "system/programs.h"

#include <windows.h>

/* As run() of programs.h. ERROR_CANCELLED: `stop` (NULL for none) was set, the program was ended.
 */
uint32_t win32_run_until(enum program program, const char16_t *arguments, uint32_t milliseconds,
                         HANDLE stop);

/* register_dns.c */
uint32_t win32_register_dns(struct programs *self);

#endif
