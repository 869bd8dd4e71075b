/* SPDX-License-Identifier: MIT */
/* engine_service.h: handles of the service BFE. */
#ifndef FAKES_HOOKS_ENGINE_SERVICE_H
#define FAKES_HOOKS_ENGINE_SERVICE_H

#include <stdbool.h>
#include <windows.h>

/* NULL, with a last error, when there are too many. */
SC_HANDLE engine_service_open(DWORD access);
/* False: it is another handle. */
/* Whether it is one of these handles. */
bool engine_service_is(SC_HANDLE handle);
bool engine_service_close(SC_HANDLE handle);

#endif
