/* SPDX-License-Identifier: MIT */
/* programs.h: where gatehouse-service.exe will be, and where it and gatehouse.exe are. */
#ifndef INSTALLER_PROGRAMS_H
#define INSTALLER_PROGRAMS_H

#include "installer/package.h"

/* They differ when an upgrade is given another INSTALLDIR. */
struct programs {
    char16_t next[PACKAGE_VALUE_UNITS];
    char16_t installed[PACKAGE_VALUE_UNITS]; /* as `next` if there is none yet */
    char16_t client[PACKAGE_VALUE_UNITS];    /* beside `installed` */
};

/* After CostFinalize, which knows INSTALLDIR. */
void programs_find(MSIHANDLE package, struct programs *programs);

#endif
