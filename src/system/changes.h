/* SPDX-License-Identifier: MIT */
/* changes.h: tells of what changes on the machine's network without being asked for: addresses and
 * interfaces come, and the filtering platform is restarted. A machine that has slept, or has moved,
 * gets some, whether or not Windows reports that it slept (with Modern Standby it may not).
 *
 * win32/ implements it over iphlpapi and the service control manager. */
#ifndef SYSTEM_CHANGES_H
#define SYSTEM_CHANGES_H

#include "system/network.h"

/* Called on threads of Windows, several at the same time. `address`: one was added or has become
 * another (its prefix, or whether it may be used yet); NULL: an interface was added, or the
 * filtering platform was restarted. Also for what this process does itself. */
typedef void changes_callback(void *context, const struct address_key *address);

/* Only one at a time in a process. Returns 0 or a Win32 error code: then nothing is told. */
uint32_t changes_watch(changes_callback *callback, void *context);

/* Waits for calls that are under way, so it must not be called in one; nothing is told after it.
 * Without a changes_watch() before it, it does nothing. */
void changes_unwatch(void);

#endif
