/* SPDX-License-Identifier: MIT */
/* folders.h: folders that a machine has once, and a test wants for itself. */
#ifndef FAKES_HOOKS_FOLDERS_H
#define FAKES_HOOKS_FOLDERS_H

#include <stdbool.h>
#include <windows.h>

/* Whether this value is the path of the folder of all programs' data (ProgramData, as ProfileList
 * has it): in this machine, the one of our own folder, which is made if need be. Its value is
 * written as RegGetValue would then. */
bool folder_is_asked(HKEY key, const wchar_t *subkey, const wchar_t *name);
LSTATUS folder_answer(DWORD *type, void *data, DWORD *size);

#endif
