/* SPDX-License-Identifier: MIT */
/* folder.h: the folder of updates, for SYSTEM and administrators alone.
 *
 *     %ProgramData%\Gatehouse\update
 *         record                  what was accepted (update/record.h)
 *         attempt                 what has become of the last update (update/attempt.h)
 *         <name>.msi              the package: the last one that was taken over
 *         incoming.msi            a package that is being taken over
 *         install.log             what Windows Installer says of it
 *         gatehouse-service.exe   the program that ran before the update: a rescue copy
 *         turn                    empty: locked by the instance whose turn it is (updates.h)
 *         <...>.new               the next content of a file while it is written
 *
 * A file is replaced in one step, flushed before: after a death or a loss of power there is the old
 * or the new one. What an ordinary user may have made or can change is not used
 * (state/closed_folder.h). */
#ifndef SERVICE_UPDATE_FOLDER_H
#define SERVICE_UPDATE_FOLDER_H

#include "service/state/closed_folder.h"
#include "update/files.h"
#include "update/refusal.h"

#include <stddef.h>

enum { UPDATE_PATH_UNITS = 512 };

/* Zero-initialise; update_folder_close() is for CLEANUP(). */
struct update_folder {
    char16_t path[UPDATE_PATH_UNITS];
    HANDLE parent, held; /* open so that nobody moves them while paths lead through them */
    char16_t why[TRUST_WHY_UNITS]; /* after ERROR_UNTRUSTED: `path` is the folder, and this why */
};

/* Opens it; with `make` it is made if it is missing, otherwise that is ERROR_FILE_NOT_FOUND or
 * ERROR_PATH_NOT_FOUND. An untrusted one is ERROR_UNTRUSTED. */
uint32_t update_folder_open(struct update_folder *folder, bool make);

/* Logs that it is not trusted, if that is the error. Returns the error. */
uint32_t update_folder_report(const struct update_folder *folder, uint32_t error);
void update_folder_close(struct update_folder *folder);

/* Notes an error of these functions as a refusal: a full disk is UPDATE_DISK_FULL. Returns it; 0 is
 * passed on. */
uint32_t update_folder_refuse(uint32_t error, struct update_refusal *refusal);

/* The path of a file there. Returns 0 or ERROR_FILENAME_EXCED_RANGE. */
uint32_t update_folder_path(const struct update_folder *folder, const char16_t *name,
                            char16_t path[UPDATE_PATH_UNITS]);

/* Reads a file of at most `most` bytes; free() them. A longer one is ERROR_FILE_TOO_LARGE, a
 * missing one ERROR_FILE_NOT_FOUND. */
uint32_t update_folder_read(const struct update_folder *folder, const char16_t *name, size_t most,
                            void **bytes, size_t *size);

/* Replaces a file, or makes it. On the disk when it returns 0. */
uint32_t update_folder_write(const struct update_folder *folder, const char16_t *name,
                             const void *bytes, size_t size);

/* Makes a file to be written, which nobody else can open before it is closed; one that is there is
 * deleted first. */
uint32_t update_folder_create(const struct update_folder *folder, const char16_t *name,
                              HANDLE *file);

/* Opens a file to be read, which nobody can change meanwhile. */
uint32_t update_folder_open_file(const struct update_folder *folder, const char16_t *name,
                                 HANDLE *file);

/* Locks the file `turn`, which is made if it is missing: no other process can until the handle is
 * closed, or this process has ended (Microsoft, "LockFileEx"). Unlike a named object it cannot have
 * been made by an ordinary user. Returns 0, ERROR_LOCK_VIOLATION when another one has locked it, or
 * a Win32 error. */
uint32_t update_folder_lock(const struct update_folder *folder, HANDLE *lock);

/* Puts a file in the place of another. On the disk when it returns 0. */
uint32_t update_folder_rename(const struct update_folder *folder, const char16_t *from,
                              const char16_t *to);

/* Deletes a file; one that is missing is a success. */
uint32_t update_folder_delete(const struct update_folder *folder, const char16_t *name);

/* Deletes what unfinished updates have left: all packages but `kept` (NULL: none is kept), and what
 * was being written. */
void update_folder_sweep(const struct update_folder *folder, const char16_t *kept);

#endif
