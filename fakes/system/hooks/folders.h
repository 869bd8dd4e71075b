/* SPDX-License-Identifier: MIT */
/* folders.h: folders that exist once per machine, and that each test has for itself. */
#ifndef FAKES_HOOKS_FOLDERS_H
#define FAKES_HOOKS_FOLDERS_H

#include <stdbool.h>
#include <windows.h>

/* Whether this value is the path of the folder for all programs' data (ProgramData, in
 * ProfileList). */
bool folder_is_program_data(HKEY key, const wchar_t *subkey, const wchar_t *name);
/* Writes the value as RegGetValue would: a ProgramData in our own folder, created if need be. */
LSTATUS folder_answer(DWORD *type, void *data, DWORD *size);

/* The fake to use instead of a file of Windows' own folder, given by its whole path; NULL when
 * there is none. */
const wchar_t *folder_replacement(const wchar_t *original, wchar_t path[2 * MAX_PATH]);

#endif
