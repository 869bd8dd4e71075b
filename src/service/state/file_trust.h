/* SPDX-License-Identifier: MIT */
/* file_trust.h: whether nobody but administrators can have made a file or folder what it is.
 *
 * What SYSTEM acts on, and what lies where any user may have made it first, must be a thing of its
 * own (no link, one name), belong to an administrator and be closed to everybody else. */
#ifndef SERVICE_STATE_FILE_TRUST_H
#define SERVICE_STATE_FILE_TRUST_H

#include "base/text.h"
#include "service/startup/caller.h"

enum { ACCOUNT_UNITS = 2 * CALLER_NAME_UNITS, TRUST_WHY_UNITS = ACCOUNT_UNITS + 64 };

/* DOMAIN\name of a SID or, when it has no name, its text. */
void account_name(PSID sid, char16_t account[ACCOUNT_UNITS]);

enum trust_object { TRUST_FILE, TRUST_FOLDER };

/* Whether the open file or folder can be trusted; `object` is what it must be. It is opened with
 * READ_CONTROL, FILE_READ_ATTRIBUTES and FILE_FLAG_OPEN_REPARSE_POINT. Otherwise `why` says why
 * not, as the end of a sentence: "it is a link". Owners: SYSTEM, Administrators, TrustedInstaller
 * and that of this program (program.h). */
bool trust_is_closed(HANDLE handle, enum trust_object object, char16_t why[TRUST_WHY_UNITS]);

#endif
