/* SPDX-License-Identifier: MIT */
/* switches.h: which defects this service has: those that its program's name has behind plus signs,
 * as in gatehouse-service+no-undo.exe.
 *
 * A function __wrap_x() stands in the place of x() wherever another source calls it; __real_x() is
 * x() itself. Without its switch it does what x() does. */
#ifndef MUTANTS_SWITCHES_H
#define MUTANTS_SWITCHES_H

#include <stdbool.h>
#include <wchar.h>

/* Whether the program's name has this switch. */
bool mutant_has(const wchar_t *name);

#endif
