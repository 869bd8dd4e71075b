/* SPDX-License-Identifier: MIT */
/* as_service.h: this program as a Windows service, so that a test can act in the process of one:
 * bridge.exe --service <name> <port of the driver>. */
#ifndef BRIDGE_AS_SERVICE_H
#define BRIDGE_AS_SERVICE_H

#include <stdint.h>
#include <wchar.h>

/* Runs as the service `name` until the service manager stops it: connects to the driver and calls
 * `serve`, which returns when the driver has gone. The service is starting until the driver says
 * otherwise ("service_report"). Returns 0 or an error. */
uint32_t as_service_run(wchar_t *name, uint16_t port, void (*serve)(void));

#endif
