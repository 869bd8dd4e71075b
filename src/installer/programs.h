/* SPDX-License-Identifier: MIT */
/* programs.h: where gatehouse-service.exe will be and is, and gatehouse.exe beside it. */
#ifndef INSTALLER_PROGRAMS_H
#define INSTALLER_PROGRAMS_H

#include "installer/package.h"

/* They differ when an upgrade is given another INSTALLDIR. */
struct programs {
    char16_t next[PACKAGE_VALUE_UNITS];
    char16_t installed[PACKAGE_VALUE_UNITS]; /* as `next` if there is none yet */
};

/* After CostFinalize, which knows INSTALLDIR. */
void programs_find(MSIHANDLE package, struct programs *programs);

/* Whether the service's program in this folder, or of this path, may run as SYSTEM: an action that
 * runs as the caller has named it, and Windows lets every user have a package repaired. It must
 * have its name, and nobody but administrators may be able to change it. `program` is where it
 * really lies. Returns 0 or, when the log says why not, ERROR_INSTALL_FAILURE. */
uint32_t programs_check(MSIHANDLE package, const char16_t *given,
                        char16_t program[PACKAGE_VALUE_UNITS]);
uint32_t programs_check_folder(MSIHANDLE package, const char16_t *folder);

/* gatehouse.exe beside the service's program. */
void programs_client(const char16_t *program, char16_t client[PACKAGE_VALUE_UNITS]);

#endif
