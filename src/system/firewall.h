/* SPDX-License-Identifier: MIT */
/* firewall.h: packet filters that exist as long as this process holds them: the interface between
 * the portable core and the Windows Filtering Platform.
 *
 * win32/ implements it over fwpuclnt, fakes/memory over a list. Every operation returns 0, a Win32
 * error code, or an error code of the filtering platform (0x8032....) unchanged. */
#ifndef SYSTEM_FIREWALL_H
#define SYSTEM_FIREWALL_H

#include "firewall/plan.h"

#include <uchar.h>

/* The table of operations. `self` is the table, which an implementation embeds as first member. A
 * block is the set of filters of one policy; the caller chooses its id. Thread-safe. */
struct firewall {
    /* Adds all filters of the policy in one step, or none. Windows removes them when the process
     * ends, if unblock() has not done so before. ERROR_OBJECT_ALREADY_EXISTS: the id is in use. */
    uint32_t (*block)(struct firewall *self, uint64_t id, const struct firewall_policy *policy);

    /* Gets the policy of a block. ERROR_NOT_FOUND: no such block, or its filters have gone since,
     * with a restart of the filtering platform: then its id is free again. */
    uint32_t (*get_block)(struct firewall *self, uint64_t id, struct firewall_policy *policy);
    /* Removes the filters of a block, if they are still there. ERROR_NOT_FOUND: no such block. */
    uint32_t (*unblock)(struct firewall *self, uint64_t id);
};

/* Returns the implementation for Windows: one object for the process, shared by all threads. The
 * first call sets `program`, the path of openvpn.exe; the text must stay valid. */
#ifdef _WIN32
struct firewall *firewall_win32(const char16_t *program);
#endif

#endif
