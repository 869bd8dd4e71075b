/* SPDX-License-Identifier: MIT */
/* command.h: runs commands of the installed gatehouse-service.exe; what they print goes to the
 * installation's log. */
#ifndef INSTALLER_COMMAND_H
#define INSTALLER_COMMAND_H

#include "installer/package.h"

enum { COMMAND_DONE = 0 };

/* Runs `program`, a full path, with switches for an instance (empty: the default one), and waits
 * for its end: five minutes at most, then it is killed and ERROR_TIMEOUT returned. Returns 0 or a
 * Win32 error; *exit_code is the program's. */
uint32_t command_run(MSIHANDLE package, const char16_t *program, const char16_t *instance,
                     const char16_t *switches, DWORD *exit_code);

#endif
