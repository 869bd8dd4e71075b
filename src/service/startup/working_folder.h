/* SPDX-License-Identifier: MIT */
/* working_folder.h: the folder in which openvpn.exe starts.
 *
 * It is opened as the user and held open while the process is made, so that nobody can put a link
 * in its place. It must be local, because SYSTEM makes the process and would log this machine on at
 * a server of the user's choice. */
#ifndef SERVICE_STARTUP_WORKING_FOLDER_H
#define SERVICE_STARTUP_WORKING_FOLDER_H

#include "policy/policy.h"
#include "service/caller.h"

struct working_folder {
    HANDLE handle;
    char16_t path[POLICY_PATH_UNITS]; /* for CreateProcess: final, without a link in it */
};

/* Opens the folder that the client has sent: "X:\..." with slashes or backslashes, or "\\?\X:\...".
 * Zero-initialise the folder. A failure is told as CreateProcess tells it; the log has the reason.
 */
struct failure working_folder_open(const struct caller *caller, const char16_t *directory,
                                   struct working_folder *folder);
void working_folder_close(struct working_folder *folder);

#endif
