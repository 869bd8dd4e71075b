/* SPDX-License-Identifier: MIT */
/* install_folder.h: may others than administrators change what the service runs?
 *
 * Whoever can replace the service's executable, or put a DLL beside it, is SYSTEM at its next
 * start, and so is who can replace tapctl.exe, which it runs; who can do so with openvpn.exe or the
 * config files, acts as everyone who connects. An installer lays all of it below Program Files,
 * where nobody else may. A machine may be set up otherwise on purpose, so this warns and never
 * refuses. */
#ifndef SERVICE_INSTALL_FOLDER_H
#define SERVICE_INSTALL_FOLDER_H

#include "service/settings.h"

/* `account` may change `path`: its name or, without one, its SID, which is `sid`. */
typedef void install_folder_finding(const char16_t *path, const char16_t *account,
                                    const char16_t *sid);

/* Looks at the service's executable, at openvpn.exe, tapctl.exe and the config folder: at each and
 * at every folder above. Tells the first finding of each, and none twice. `settings` may be NULL:
 * only the first is looked at then. With `trust_installer` the owner of the service's executable
 * counts as an administrator: whoever laid it there was told at -install, and need not be told
 * again at each start. */
void install_folder_check(const struct settings *settings, bool trust_installer,
                          install_folder_finding *tell);

#endif
