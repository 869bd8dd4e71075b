/* SPDX-License-Identifier: MIT */
/* config_path.h: the two functions by which the option check asks the file system. */
#ifndef SERVICE_STARTUP_CONFIG_PATH_H
#define SERVICE_STARTUP_CONFIG_PATH_H

#include "policy/policy.h"
#include "service/settings.h"
#include "service/caller.h"

/* A policy that opens files as `caller`. It points into `config_directory`, a buffer. */
struct policy config_policy(const struct caller *caller, const struct settings *settings,
                            char16_t config_directory[POLICY_PATH_UNITS]);

#endif
