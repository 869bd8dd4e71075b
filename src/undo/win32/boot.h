/* SPDX-License-Identifier: MIT */
/* boot.h: which run of Windows this is: a random number in a volatile registry key, which Windows
 * forgets when it restarts (REG_OPTION_VOLATILE; Microsoft, "RegCreateKeyEx").
 *
 * A shutdown with fast startup and hibernation keep the key, and what the kernel knew of the
 * network with it. */
#ifndef UNDO_WIN32_BOOT_H
#define UNDO_WIN32_BOOT_H

#include <stdint.h>
#include <uchar.h>

/* The identity that `name` knows this run by, from <root>\Boot\<name> below HKEY_LOCAL_MACHINE, in
 * the 64-bit view; made if it is missing, for SYSTEM and Administrators only. <root> itself is
 * lasting, or nobody else could keep anything below it. Never 0. For one process at a time: whoever
 * holds the journal. Returns 0 or a Win32 error code. */
uint32_t boot_identity(const char16_t *root, const char16_t *name, uint64_t *boot);

/* The same without making anything: ERROR_FILE_NOT_FOUND. */
uint32_t boot_identity_read(const char16_t *root, const char16_t *name, uint64_t *boot);

/* Numbers that the holder of the journal leaves there, for others or for the next one. */
enum boot_note {
    BOOT_STARTS /* how often in a row it began to recover and did not come to the end of it */
};

/* 0 where there is none. */
uint32_t boot_note_read(const char16_t *root, const char16_t *name, enum boot_note note);
uint32_t boot_note_write(const char16_t *root, const char16_t *name, enum boot_note note,
                         uint32_t number);

/* Deletes the key, and those above it that are empty then. What fails stays until the restart. */
void boot_forget(const char16_t *root, const char16_t *name);

#endif
