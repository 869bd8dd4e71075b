/* SPDX-License-Identifier: MIT */
/* firewall.h: packet filters that stand as long as somebody holds them: the seam between the
 * portable core and the Windows Filtering Platform.
 *
 * win32/ implements it over fwpuclnt; fakes/memory over a list. Every operation returns 0, a Win32
 * error code, or one of the filtering platform's own (0x8032....), passed on as they are. */
#ifndef SYSTEM_FIREWALL_H
#define SYSTEM_FIREWALL_H

#include "firewall/plan.h"

#include <uchar.h>

/* The table of operations. `self` is the table itself: an implementation embeds it. A block is the
 * filters of one policy; the caller chooses its id. Thread-safe. */
struct firewall {
    /* All filters of the policy, or none: they appear in one step. They vanish with the process, if
     * nobody takes them away before. ERROR_OBJECT_ALREADY_EXISTS when the id is in use. */
    uint32_t (*block)(struct firewall *self, uint64_t id, const struct firewall_policy *policy);

    /* ERROR_NOT_FOUND when there is no such block. */
    uint32_t (*get_block)(struct firewall *self, uint64_t id, struct firewall_policy *policy);
    uint32_t (*unblock)(struct firewall *self, uint64_t id);
};

/* The real one (win32/), shared by all threads. There is one in a process: the first call makes it
 * for `program`, the path of openvpn.exe, which must stay where it is. */
#ifdef _WIN32
struct firewall *firewall_win32(const char16_t *program);
#endif

#endif
