/* SPDX-License-Identifier: MIT */
/* files.h: the names of the files in the folder of updates. The service makes them, and the
 * package's removal deletes them. */
#ifndef UPDATE_FILES_H
#define UPDATE_FILES_H

#include <stdbool.h>
#include <uchar.h>

/* Below the product's folder in %ProgramData%. */
#define UPDATE_FOLDER_NAME u"update"

#define UPDATE_RECORD_FILE  u"record"
#define UPDATE_ATTEMPT_FILE u"attempt"
#define UPDATE_LOG_FILE     u"install.log"
#define UPDATE_RESCUE_FILE  u"gatehouse-service.exe"
#define UPDATE_TURN_FILE    u"turn"
#define UPDATE_INCOMING     u"incoming.msi"

/* What packages end in, and a file while it is written. */
#define UPDATE_PACKAGE_END u".msi"
#define UPDATE_NEXT_END    u".new"

/* Whether the name has such an end, and something before it; the case of letters does not count. */
bool update_file_ends_in(const char16_t *name, const char16_t *end);

/* Whether a file of this name is one that the service has made. */
bool update_file_is_ours(const char16_t *name);

#endif
