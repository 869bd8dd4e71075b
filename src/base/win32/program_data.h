/* SPDX-License-Identifier: MIT */
/* program_data.h: the folder of all programs' data (FOLDERID_ProgramData), C:\ProgramData. */
#ifndef BASE_WIN32_PROGRAM_DATA_H
#define BASE_WIN32_PROGRAM_DATA_H

#include "base/text.h"

/* Appends its path, without a backslash at the end. It comes from where Windows keeps it: the
 * function that knows it is in shell32, which our programs do not load. The environment is not
 * trusted, because it is the user's own when an administrator runs a program. Returns 0 or a Win32
 * error. */
uint32_t program_data_append(struct text *path);

#endif
