/* SPDX-License-Identifier: MIT */
/* program.h: the executable of this process. */
#ifndef SERVICE_PROGRAM_H
#define SERVICE_PROGRAM_H

#include "base/text.h"

#include <windows.h>

enum { PROGRAM_UNITS = 1024 };

/* Its whole path. ERROR_FILENAME_EXCED_RANGE when that is longer, else Windows' error. */
uint32_t program_path(char16_t path[PROGRAM_UNITS]);

/* Appends the path in quotes, as our services' command lines begin: they keep C:\Program.exe out of
 * the game. */
uint32_t program_append_quoted(struct text *text);

/* Who owns it, and may replace it by another: whatever this process can do, that account can do.
 * NULL when it can't be read. Lies in `*descriptor`, which is to be freed with LocalFree(). */
PSID program_owner(PSECURITY_DESCRIPTOR *descriptor);

#endif
