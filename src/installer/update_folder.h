/* SPDX-License-Identifier: MIT */
/* update_folder.h: the folder of updates (update/files.h), when the product is removed. */
#ifndef INSTALLER_UPDATE_FOLDER_H
#define INSTALLER_UPDATE_FOLDER_H

#include <stdint.h>

/* Deletes the files there that the service has made, then the folder, and the product's folder
 * above it if nothing is left in it. Returns 0, also when there is no such folder;
 * ERROR_INVALID_OWNER when others than administrators could have made it or could change it, which
 * is left as it is; or the first other error. */
uint32_t update_folder_forget(void);

#endif
