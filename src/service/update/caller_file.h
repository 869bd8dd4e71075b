/* SPDX-License-Identifier: MIT */
/* caller_file.h: the files of an update that a caller names: opened with the caller's rights, and
 * only ordinary files on a disk of this machine.
 *
 * The caller decides what lies there, and may exchange it at any time. So nothing is concluded from
 * the path but what keeps the service from waiting for somebody: what counts are the bytes that are
 * read from the open file. */
#ifndef SERVICE_UPDATE_CALLER_FILE_H
#define SERVICE_UPDATE_CALLER_FILE_H

#include "service/caller.h"
#include "update/refusal.h"

#include <stddef.h>

/* Opens the file to be read; nobody can write to it meanwhile. Refuses with UPDATE_PATH_FORM,
 * _REMOTE, _DEVICE, _FOLDER, _LINK, _UNREADABLE or _CHANGED (somebody has it open to write). */
uint32_t caller_file_open(const struct caller *caller, const char16_t *path, HANDLE *file,
                          struct update_refusal *refusal);

/* Reads a root or a manifest, of UPDATE_METADATA_SIZE bytes at most; free() the bytes. A longer one
 * is UPDATE_TOO_LARGE. */
uint32_t caller_file_read(HANDLE file, void **bytes, size_t *size, struct update_refusal *refusal);

#endif
