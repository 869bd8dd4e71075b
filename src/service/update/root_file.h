/* SPDX-License-Identifier: MIT */
/* root_file.h: where trust in updates begins: the file update.root beside the service's program,
 * which the signed package has installed. */
#ifndef SERVICE_UPDATE_ROOT_FILE_H
#define SERVICE_UPDATE_ROOT_FILE_H

#include "update/refusal.h"

#include <stddef.h>

/* Reads it; free() the bytes. Refuses with UPDATE_NO_ROOT, or with UPDATE_ROOT_CHANGEABLE if others
 * than administrators could change it, or what its path leads to. */
uint32_t root_file_read(void **bytes, size_t *size, struct update_refusal *refusal);

/* Logs who could, if that is the refusal. */
void root_file_report(const struct update_refusal *refusal);

#endif
