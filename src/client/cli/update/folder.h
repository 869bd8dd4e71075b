/* SPDX-License-Identifier: MIT */
/* folder.h: where an update is kept until the service has taken it: in the user's own application
 * data, which other users cannot write to.
 *
 * An administrator's programs without elevated rights can write there, too, and must not turn what
 * an elevated one does there against other files: no link is followed, nothing is overwritten, and
 * no other program has a file open while it is written. What lies there is never believed: a rest
 * of a download is hashed from its first byte on, and the service hashes its own copy. */
#ifndef CLIENT_UPDATE_FOLDER_H
#define CLIENT_UPDATE_FOLDER_H

#include <stdint.h>
#include <uchar.h>

enum { FOLDER_PATH_UNITS = 512, FOLDER_NAME_UNITS = 96 };

struct folder {
    void *parent, *self, *lock; /* HANDLEs: held, so that none of them is renamed or replaced */
    char16_t path[FOLDER_PATH_UNITS]; /* ends with a backslash */
};

/* Makes the folder and opens it for this program alone. Returns 0 or a Win32 code:
 * ERROR_SHARING_VIOLATION if another program has it, ERROR_CANT_ACCESS_FILE if it, or what it lies
 * in, is a link. folder_close() is needed in any case, and leaves no empty folder behind. */
uint32_t folder_open(struct folder *folder);
void folder_close(struct folder *folder);

/* Deletes the files whose name does not begin with `kept`; u"": none is kept. */
void folder_sweep(const struct folder *folder, const char16_t *kept);

/* The path of a file; always whole, because folder_open() has made sure that there is room. */
void folder_path(const struct folder *folder, const char16_t *name,
                 char16_t path[FOLDER_PATH_UNITS]);

/* Opens a file for reading and writing, which may exist or not. Returns 0 or a Win32 code;
 * ERROR_CANT_ACCESS_FILE: it is a link, has a second name, or is no file. The caller closes it. */
uint32_t folder_open_file(const struct folder *folder, const char16_t *name, void **file);

/* Writes a new file, in place of one that may be there. */
uint32_t folder_write_file(const struct folder *folder, const char16_t *name, const void *bytes,
                           uint32_t size);

#endif
