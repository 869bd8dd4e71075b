/* SPDX-License-Identifier: MIT */
/* installer.h: Windows Installer at work on a package: msiexec.exe, in a process that outlives this
 * service, which it ends.
 *
 * msiexec.exe itself only asks Windows' own service (msiserver) for the installation, which does it
 * with its own token. So the privileges that this service lacks are not needed here. */
#ifndef SERVICE_UPDATE_INSTALLER_H
#define SERVICE_UPDATE_INSTALLER_H

#include <stdint.h>
#include <uchar.h>
#include <windows.h>

struct installer {
    HANDLE process; /* close it */
    uint32_t process_id;
    uint64_t created; /* a FILETIME in one number: ids are used again */
};

/* Starts msiexec.exe by its absolute path, without a window, a shell or inherited handles: both
 * paths are absolute, too. Returns 0 or a Win32 error. */
uint32_t installer_start(const char16_t *package, const char16_t *log, struct installer *installer);

/* Opens the process that an earlier one has started. Returns ERROR_NOT_FOUND if it has ended. */
uint32_t installer_find(uint32_t process_id, uint64_t created, struct installer *installer);

/* Waits until it has ended, or `stop` is set (ERROR_SHUTDOWN_IN_PROGRESS). `code` is its exit
 * code. */
uint32_t installer_wait(const struct installer *installer, HANDLE stop, uint32_t *code);

void installer_close(struct installer *installer); /* usable with CLEANUP() */

#endif
