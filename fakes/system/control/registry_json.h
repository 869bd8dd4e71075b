/* SPDX-License-Identifier: MIT */
/* registry_json.h: the fakes' registry keys as JSON and back. */
#ifndef FAKES_CONTROL_REGISTRY_JSON_H
#define FAKES_CONTROL_REGISTRY_JSON_H

#include "populate.h"

#include <cJSON.h>

/* {"HKLM\\...": {"<value>": {"type":"REG_SZ", "data":...}}}: every key, sorted. */
cJSON *registry_to_json(const wchar_t *folder);

/* Executes an "edit_registry" request. Returns a Win32 error code. */
uint32_t edit_registry(const wchar_t *folder, const cJSON *request);

/* Changes the usual population as the "registry" of a reset says. False when it is invalid. */
bool take_population(const cJSON *json, struct population *population);

#endif
