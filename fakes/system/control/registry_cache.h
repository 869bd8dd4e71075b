/* SPDX-License-Identifier: MIT */
/* registry_cache.h: the fakes' registry, written and read only when somebody has changed it.
 *
 * A store (places.h) has some eighty values, and each costs several requests to Windows. A test
 * that leaves the registry alone need not pay for them: Windows itself tells, by
 * RegNotifyChangeKeyValue() on the whole store, that it is as this process has last seen it. That
 * holds whoever writes, and however: the service, a fake program, the driver, or another program
 * that knows nothing of the fakes. Remembered are the stores of a few folders.
 *
 * Safe to use from several threads. The lock of the folder's machine is held. */
#ifndef FAKES_CONTROL_REGISTRY_CACHE_H
#define FAKES_CONTROL_REGISTRY_CACHE_H

#include "populate.h"

#include <cJSON.h>

/* Makes the registry that of `population`: registry_populate(), if it isn't yet. */
void registry_reset(struct machine *machine, const struct population *population);
/* registry_to_json(). */
cJSON *registry_show(const wchar_t *folder);

#endif
