/* SPDX-License-Identifier: MIT */
/* listed_services.h: services of which the test says what programs are told (control.h,
 * "services").
 */
#ifndef FAKES_HOOKS_LISTED_SERVICES_H
#define FAKES_HOOKS_LISTED_SERVICES_H

#include "watch.h"

#include <windows.h>

/* Returns false for a service that is not listed; otherwise with a handle or an error. */
bool listed_service_open(const wchar_t *name, SC_HANDLE *service, uint32_t *error);
/* What a handle stands for; NULL: it is another one. They need not be closed. */
const struct machine_service *listed_service(SC_HANDLE handle);
/* Does nothing for another handle. */
void listed_service_status(SC_HANDLE handle, SERVICE_STATUS_PROCESS *status);

#endif
