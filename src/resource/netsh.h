/* SPDX-License-Identifier: MIT */
/* netsh.h: settings that Windows documents no call for but netsh. Within src/resource only. */
#ifndef RESOURCE_NETSH_H
#define RESOURCE_NETSH_H

#include "base/text.h"
#include "system/network.h"

/* ERROR_INVALID_PARAMETER: the arguments did not fit. Otherwise as run() of programs.h. */
uint32_t netsh_run(struct network *network, const struct text *arguments, uint32_t milliseconds);

#endif
