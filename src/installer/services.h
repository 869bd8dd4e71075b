/* SPDX-License-Identifier: MIT */
/* services.h: the instances of the service on this machine, as Windows' service manager knows them.
 */
#ifndef INSTALLER_SERVICES_H
#define INSTALLER_SERVICES_H

#include "base/text.h"

#include <windows.h>

enum { SERVICES_NAME_UNITS = 257, SERVICES_COMMAND_UNITS = 1100 };

/* The command line of the service of the default instance. Returns 0, ERROR_SERVICE_DOES_NOT_EXIST
 * or another Win32 error. */
uint32_t services_default_command(char16_t command[SERVICES_COMMAND_UNITS]);

/* An instance whose service runs `program`; `instance` is its id, empty for the default one. */
typedef void services_found(void *context, const char16_t *instance, bool is_running);

/* Returns 0 or a Win32 error: then some may be missing. */
uint32_t services_of_program(const char16_t *program, services_found *found, void *context);

/* Stops the service of an instance if it runs `program`, and deletes it, or gives it back to the
 * program from which it was taken over. Returns 0 or a Win32 error. */
uint32_t services_withdraw(const char16_t *instance, const char16_t *program);

#endif
