/* SPDX-License-Identifier: MIT */
/* programs.h: what the parts of programs_win32() share. Used within this folder only. */
#ifndef SYSTEM_WIN32_PROGRAMS_H
#define SYSTEM_WIN32_PROGRAMS_H

#include "system/programs.h"

#include <windows.h>

/* As run() in system/programs.h. Returns ERROR_CANCELLED if the program was terminated because the
 * event `stop` (NULL: none) was set. */
uint32_t win32_run_until(enum program program, const char16_t *arguments, uint32_t milliseconds,
                         HANDLE stop);

/* register_dns.c */
uint32_t win32_register_dns(struct programs *self);

#endif
