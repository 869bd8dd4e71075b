/* SPDX-License-Identifier: MIT */
/* places.h: the registry keys that the fakes redirect.
 *
 * Name resolution is configured in keys of HKEY_LOCAL_MACHINE that exist once per machine, but
 * tests run in parallel and must not change the real keys. So each folder of fakes has a store,
 *
 * HKLM\SYSTEM\GatehouseFakes\<the folder, with / for \>
 *
 * and below it the same keys under the same paths: a program that opens a key at or below one of
 * the roots gets the store's key. (Below SYSTEM, because that has no separate view for 32-bit
 * programs.)
 *
 * Volatile keys last until the machine is rebooted, and each folder is a machine. Volatile keys
 * that a program creates elsewhere in HKEY_LOCAL_MACHINE are kept in a second store,
 *
 * HKLM\SYSTEM\GatehouseFakesVolatile\<the folder, with / for \>
 *
 * to which opens of them are redirected. Listing the key above them doesn't show them.
 *
 * Paths are relative to HKEY_LOCAL_MACHINE, without a backslash at either end. */
#ifndef FAKES_REGISTRY_PLACES_H
#define FAKES_REGISTRY_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

enum { REGISTRY_PATH = 512 };

#define REGISTRY_SERVICES L"SYSTEM\\CurrentControlSet\\Services\\"
#define REGISTRY_TCPIP    REGISTRY_SERVICES L"Tcpip"
#define REGISTRY_TCPIP6   REGISTRY_SERVICES L"Tcpip6"
#define REGISTRY_DNSCACHE REGISTRY_SERVICES L"Dnscache"
#define REGISTRY_NETBT    REGISTRY_SERVICES L"NetBT"
#define REGISTRY_CLASS                                                                             \
    L"SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e972-e325-11ce-bfc1-08002be10318}"
#define REGISTRY_NETWORK                                                                           \
    L"SYSTEM\\CurrentControlSet\\Control\\Network\\{4d36e972-e325-11ce-bfc1-08002be10318}"
#define REGISTRY_POLICY L"SOFTWARE\\Policies\\Microsoft\\Windows NT\\DNSClient"

/* The roots, in the order of a dump. */
enum { REGISTRY_ROOTS = 7 };
extern const wchar_t *const registry_roots[REGISTRY_ROOTS];

enum registry_place {
    REGISTRY_ELSEWHERE,
    REGISTRY_ABOVE, /* a root lies below */
    REGISTRY_INSIDE
};

enum registry_place registry_place(const wchar_t *path);

/* `child` below `parent`, either of which may be empty or NULL, without extra backslashes; a root
 * at the beginning is spelled as in registry_roots. False when it is too long. */
bool registry_join(const wchar_t *parent, const wchar_t *child, wchar_t path[REGISTRY_PATH]);

/* The paths of the stores for the fakes in `folder`: for normal and for volatile keys. */
void registry_store_path(const wchar_t *folder, wchar_t path[REGISTRY_PATH]);
void registry_volatile_path(const wchar_t *folder, wchar_t path[REGISTRY_PATH]);

#endif
