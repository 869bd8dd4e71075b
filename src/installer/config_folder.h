/* SPDX-License-Identifier: MIT */
/* config_folder.h: the folder in which the configs of ordinary users must lie. */
#ifndef INSTALLER_CONFIG_FOLDER_H
#define INSTALLER_CONFIG_FOLDER_H

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>

/* Makes it, unless it exists, so that administrators may write and everybody may read. The folder
 * above it must exist. *is_new: it was made. Returns 0 or a Win32 error. */
uint32_t config_folder_make(const char16_t *path, bool *is_new);

/* Removes it if nothing is in it. */
void config_folder_remove(const char16_t *path);

#endif
