/* SPDX-License-Identifier: MIT */
/* install_folder.h: finds accounts, other than administrators, that can change what the service
 * runs.
 *
 * Whoever can replace the service's executable or put a DLL beside it is SYSTEM at its next start,
 * and so is whoever can replace tapctl.exe, which it runs. Whoever can replace openvpn.exe or the
 * config files acts as every user who connects. Installers put all of these below Program Files,
 * where only administrators can write. A machine may be set up otherwise on purpose, so the
 * findings are warnings. */
#ifndef SERVICE_INSTALL_FOLDER_H
#define SERVICE_INSTALL_FOLDER_H

#include "service/settings.h"

/* `account` can change `path`. It is DOMAIN\name or, without a name, the SID; `sid` is the SID. */
typedef void install_folder_finding(const char16_t *path, const char16_t *account,
                                    const char16_t *sid);

/* Checks the service's executable, openvpn.exe, tapctl.exe and the config folder, each with every
 * folder above it. Reports the first finding of each, and none twice. When `settings` is NULL only
 * the service's executable is checked. With `trust_installer` the owner of that executable counts
 * as an administrator: whoever installed it was warned by -install, and is not warned again at each
 * start. */
void install_folder_check(const struct settings *settings, bool trust_installer,
                          install_folder_finding *report);

/* `what`, the words for it, leads to `path`, which can't be used because of `error` (Win32). */
typedef void install_folder_missing(const char16_t *what, const char16_t *path, uint32_t error);

/* Reports an `exe_path` that is no file and a `config_dir` that is no folder. */
void install_folder_find_missing(const struct settings *settings, install_folder_missing *report);

#endif
