/* SPDX-License-Identifier: MIT */
/* file_trust.h: whether nobody but administrators can have made, or can change, a file or folder.
 *
 * SYSTEM acts on the journal, which lies where any user may have made it first. So it must be a
 * file or folder of its own (no link, one name), be owned by an administrator, and be closed to
 * everybody else by its ACL. */
#ifndef SERVICE_STATE_FILE_TRUST_H
#define SERVICE_STATE_FILE_TRUST_H

#include "base/win32/account.h"

#include <stdbool.h>

enum { TRUST_WHY_UNITS = ACCOUNT_UNITS + 64 };

enum trust_object { TRUST_FILE, TRUST_FOLDER };

/* Whether the open file or folder can be trusted; `object` is what it must be. `handle` needs
 * READ_CONTROL and FILE_READ_ATTRIBUTES, and must be opened with FILE_FLAG_OPEN_REPARSE_POINT. When
 * it returns false, `why` is the reason as the end of a sentence: "it is a link". Trusted owners
 * are SYSTEM, Administrators, TrustedInstaller and the owner of this program (program.h). */
bool trust_is_closed(HANDLE handle, enum trust_object object, char16_t why[TRUST_WHY_UNITS]);

#endif
