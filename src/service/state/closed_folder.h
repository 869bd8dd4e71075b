/* SPDX-License-Identifier: MIT */
/* closed_folder.h: folders for SYSTEM and administrators alone, below one where every user may make
 * files and folders.
 *
 * Nothing in them is used that an ordinary user may have made or can change (file_trust.h). What is
 * no folder is not even opened: its owner can have Windows wait for them before anybody else opens
 * it (an oplock). */
#ifndef SERVICE_STATE_CLOSED_FOLDER_H
#define SERVICE_STATE_CLOSED_FOLDER_H

#include "service/state/file_trust.h"

#include <stdint.h>
#include <uchar.h>
#include <windows.h>

/* Returned by the functions below when a folder or a file can't be trusted. */
#define ERROR_UNTRUSTED ERROR_INVALID_ACL

/* Who may open the files in such a folder, and owns them: SDDL. */
extern const char16_t CLOSED_FILE_ACCESS[];

/* The same as a descriptor; LocalFree(). Returns 0 or a Win32 error. */
uint32_t closed_file_descriptor(PSECURITY_DESCRIPTOR *descriptor);

/* Makes the folder if it is missing. Returns 0 or a Win32 error. */
uint32_t closed_folder_make(const char16_t *path);

/* Opens the folder so that nobody can rename or delete it while paths lead through it: close the
 * handle. Returns 0, ERROR_UNTRUSTED with the reason in `why`, or a Win32 error. */
uint32_t closed_folder_hold(const char16_t *path, HANDLE *held, char16_t why[TRUST_WHY_UNITS]);

/* Checks what has been opened as `path`. Returns 0 or ERROR_UNTRUSTED. */
uint32_t closed_check(const char16_t *path, HANDLE handle, enum trust_object object,
                      char16_t why[TRUST_WHY_UNITS]);

#endif
