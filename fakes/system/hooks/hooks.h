/* SPDX-License-Identifier: MIT */
/* hooks.h: functions of other DLLs that the program imports, watched (watch.h) or replaced.
 *
 * When a statically imported DLL is attached, the import table of the program is already filled.
 * The hooks replace its entries by name, so that the program itself is not modified. Functions that
 * it does not import are skipped, and calls by other modules are not seen. */
#ifndef FAKES_HOOKS_HOOKS_H
#define FAKES_HOOKS_HOOKS_H

/* Once, from DllMain. */
void hooks_install(void);

#endif
