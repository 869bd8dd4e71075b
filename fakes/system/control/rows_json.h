/* SPDX-License-Identifier: MIT */
/* rows_json.h: the model's rows as JSON and back. */
#ifndef FAKES_CONTROL_ROWS_JSON_H
#define FAKES_CONTROL_ROWS_JSON_H

#include "machine.h"

#include <cJSON.h>

/* The lock must be held. */
cJSON *machine_to_json(struct machine *machine);

/* Changes the row that "row" of an edit names. Returns a Win32 error code. The lock must be
 * held. */
uint32_t edit_route(struct machine *machine, const char *action, const cJSON *json);
uint32_t edit_address(struct machine *machine, const char *action, const cJSON *json);
uint32_t edit_interface(struct machine *machine, const char *action, const cJSON *json);

/* Copies the text of a member into a buffer of `count` units, which stays unchanged when the member
 * is missing. False when it is not a text or too long. */
bool json_text(const cJSON *json, const char *name, wchar_t *text, size_t count);
/* The text in UTF-8, as a JSON string. */
cJSON *json_from_text(const wchar_t *text);
/* False when there is no such number. */
bool json_number(const cJSON *json, const char *name, uint32_t *number);

#endif
