/* SPDX-License-Identifier: MIT */
/* describe.h: arguments that several hooks record. */
#ifndef FAKES_HOOKS_DESCRIBE_H
#define FAKES_HOOKS_DESCRIBE_H

#include "record.h"

#include <windows.h>

/* The security descriptor as SDDL; null when there is none. */
void record_security(struct record *record, const char *name,
                     const SECURITY_ATTRIBUTES *attributes);
void record_handle(struct record *record, const char *name, HANDLE handle);

#endif
