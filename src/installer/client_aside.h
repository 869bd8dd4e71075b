/* SPDX-License-Identifier: MIT */
/* client_aside.h: gatehouse.exe, which may be running while its package is removed: as a rule it
 * has asked for the upgrade, and waits for the outcome.
 *
 * A program that runs can be renamed, but not deleted. Windows Installer would ask for a restart of
 * Windows to get rid of it; so it is put aside, as "gatehouse.exe.old1" and so on, of which the
 * last is the newest. The next removal deletes what does not run any more, or else Windows' next
 * start. */
#ifndef INSTALLER_CLIENT_ASIDE_H
#define INSTALLER_CLIENT_ASIDE_H

#include <stdint.h>
#include <uchar.h>

/* `program` is the whole path. Leaves one that does not run. Returns 0 or a Win32 error. */
uint32_t client_put_aside(const char16_t *program);

/* After a failure: if there is no such program, the newest one that was put aside is it again. */
uint32_t client_put_back(const char16_t *program);

#endif
