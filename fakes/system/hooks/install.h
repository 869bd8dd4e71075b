/* SPDX-License-Identifier: MIT */
/* install.h: one row for each function to replace. */
#ifndef FAKES_HOOKS_INSTALL_H
#define FAKES_HOOKS_INSTALL_H

#include "watch.h"

#include <windows.h>

struct hook {
    const char *name;
    void *replacement;
    void **real; /* where to store the original function */
};

/* HOOK(CreateFileW) needs the replacement hook_CreateFileW and the variable real_CreateFileW. */
#define HOOK(function)                                                                             \
    {                                                                                              \
#function, (void *)hook_##function, (void **)&real_##function                              \
    }
/* That variable, of the function's type. */
#define REAL(function) static __typeof__(&function) real_##function

struct hook_list {
    const struct hook *hooks;
    size_t count;
};

extern const struct hook_list file_hooks, identity_hooks, token_hooks, process_hooks, service_hooks,
    registry_hooks, registry_query_hooks, dns_hooks, program_hooks, object_hooks, change_hooks,
    volume_hooks, eventlog_hooks, engine_service_hooks, listed_service_hooks, snapshot_hooks,
    restriction_hooks;

#endif
