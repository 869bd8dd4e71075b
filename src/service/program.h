/* SPDX-License-Identifier: MIT */
/* program.h: the executable of this process. */
#ifndef SERVICE_PROGRAM_H
#define SERVICE_PROGRAM_H

#include "base/text.h"

#include <windows.h>

enum { PROGRAM_UNITS = 1024 };

/* Its full path. Returns 0, ERROR_FILENAME_EXCED_RANGE when that does not fit, or a Win32 error. */
uint32_t program_path(char16_t path[PROGRAM_UNITS]);

/* Appends the path in quotes. The command line of a service begins so: without quotes Windows would
 * try C:\Program.exe first. */
uint32_t program_append_quoted(struct text *text);

/* The owner of the file. Whoever owns it can replace it, and so do whatever this process can do.
 * NULL when it can't be read. Points into `*descriptor`, which must be freed with LocalFree(). */
PSID program_owner(PSECURITY_DESCRIPTOR *descriptor);

#endif
