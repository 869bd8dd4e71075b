/* SPDX-License-Identifier: MIT */
/* service_config.h: the services of Windows and their configurations, as their manager knows them.
 */
#ifndef BASE_WIN32_SERVICE_CONFIG_H
#define BASE_WIN32_SERVICE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>
#include <windows.h>

/* How a service is configured, on the heap; needs SERVICE_QUERY_CONFIG. Returns 0 or a Win32
 * error. */
uint32_t service_config_read(SC_HANDLE service, QUERY_SERVICE_CONFIGW **config);

/* Whether a service with this command line runs `program`, a full path, in quotes or not, and
 * whatever its arguments. */
bool service_command_runs(const char16_t *command, const char16_t *program);

/* All services, on the heap; needs SC_MANAGER_ENUMERATE_SERVICE. Returns 0 or a Win32 error. */
uint32_t service_list_read(SC_HANDLE manager, ENUM_SERVICE_STATUS_PROCESSW **services,
                           DWORD *count);

/* Whether a service's name begins with `beginning`, in any case. */
bool service_name_begins(const char16_t *name, const char16_t *beginning);

#endif
