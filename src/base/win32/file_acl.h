/* SPDX-License-Identifier: MIT */
/* file_acl.h: who can change a file or folder, by its security descriptor alone. */
#ifndef BASE_WIN32_FILE_ACL_H
#define BASE_WIN32_FILE_ACL_H

#include <stdbool.h>
#include <windows.h>

/* To change a file or what is in a folder: WRITE_DATA or ADD_FILE, APPEND_DATA or ADD_SUBDIRECTORY,
 * DELETE_CHILD; WRITE_ATTRIBUTES makes a link of an empty folder (MS-FSA 2.1.5.10.37,
 * FSCTL_SET_REPARSE_POINT). */
#define RIGHTS_TO_CHANGE                                                                           \
    (FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | FILE_WRITE_ATTRIBUTES)
/* To put something else in its place, or to give oneself any right. */
#define RIGHTS_TO_REPLACE (DELETE | WRITE_DAC | WRITE_OWNER)

/* Whether an account is one that counts. */
typedef bool file_acl_judge(const void *context, PSID account);

/* Finds an account that counts and has one of `rights`. An owner can always rewrite the ACL, so an
 * owner who counts is found whatever `rights` are. Without an ACL the account is Everyone. Denials
 * are not weighed: an ACL that needs them is unusual enough to be named. `*account` points into the
 * descriptor or to a constant. */
bool file_acl_find(PSECURITY_DESCRIPTOR descriptor, DWORD rights, file_acl_judge *counts,
                   const void *context, PSID *account);

/* Trusted are SYSTEM, Administrators, TrustedInstaller, CREATOR OWNER (a placeholder for whoever
 * may create anyway) and `trusted` (may be NULL). */
bool file_acl_trusts(PSID account, PSID trusted);

/* Whether the account is Everyone, Users, Authenticated Users or INTERACTIVE: every local user. */
bool file_acl_is_everybody(PSID account);

/* Finds an account that is not trusted. */
bool file_acl_find_untrusted(PSECURITY_DESCRIPTOR descriptor, DWORD rights, PSID trusted,
                             PSID *account);

#endif
