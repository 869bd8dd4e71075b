/* SPDX-License-Identifier: MIT */
/* file_acl.h: who can change a file or folder, by its security descriptor alone. */
#ifndef SERVICE_FILE_ACL_H
#define SERVICE_FILE_ACL_H

#include <stdbool.h>
#include <windows.h>

/* To change a file or what is in a folder: WRITE_DATA or ADD_FILE, APPEND_DATA or ADD_SUBDIRECTORY,
 * DELETE_CHILD; WRITE_ATTRIBUTES makes a link of an empty folder (MS-FSA 2.1.5.10.37,
 * FSCTL_SET_REPARSE_POINT). */
#define RIGHTS_TO_CHANGE                                                                           \
    (FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | FILE_WRITE_ATTRIBUTES)
/* To put something else in its place, or to give oneself any right. */
#define RIGHTS_TO_REPLACE (DELETE | WRITE_DAC | WRITE_OWNER)

/* Finds an account that is not trusted and has one of `rights`. Trusted are SYSTEM, Administrators,
 * TrustedInstaller, CREATOR OWNER (a placeholder for whoever may create anyway) and `trusted` (may
 * be NULL).
 *
 * An owner can always rewrite the ACL, so an owner who is not trusted is found whatever `rights`
 * are. Without an ACL the account is Everyone. Denials are not weighed: an ACL that needs them is
 * unusual enough to be named. `*account` points into the descriptor or to a constant. */
bool file_acl_find_untrusted(PSECURITY_DESCRIPTOR descriptor, DWORD rights, PSID trusted,
                             PSID *account);

#endif
