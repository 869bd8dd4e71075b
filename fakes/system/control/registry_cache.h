/* SPDX-License-Identifier: MIT */
/* registry_cache.h: the fakes' registry, read and written only when it has changed.
 *
 * A store (places.h) has some eighty values, and each costs several requests to Windows, which
 * tests that leave the registry alone need not pay for. RegNotifyChangeKeyValue() on the whole
 * store reports every change, whoever makes it: the service, a fake program, the driver, or a
 * program that knows nothing of the fakes. The stores of a few folders are cached.
 *
 * Safe to use from several threads. The lock of the folder's machine is held. */
#ifndef FAKES_CONTROL_REGISTRY_CACHE_H
#define FAKES_CONTROL_REGISTRY_CACHE_H

#include "populate.h"

#include <cJSON.h>

/* Sets the registry to `population` with registry_populate(), unless it is already so. */
void registry_reset(struct machine *machine, const struct population *population);
/* registry_to_json(). */
cJSON *registry_show(const wchar_t *folder);

#endif
