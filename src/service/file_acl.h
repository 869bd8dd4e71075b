/* SPDX-License-Identifier: MIT */
/* file_acl.h: who may change a file or folder, by its security descriptor alone. */
#ifndef SERVICE_FILE_ACL_H
#define SERVICE_FILE_ACL_H

#include <stdbool.h>
#include <windows.h>

/* To change a file or what lies in a folder: WRITE_DATA or ADD_FILE, APPEND_DATA or
 * ADD_SUBDIRECTORY, DELETE_CHILD; WRITE_ATTRIBUTES makes a link of an empty folder (MS-FSA
 * 2.1.5.10.37, FSCTL_SET_REPARSE_POINT). */
#define WRITERS_OF_CONTENT                                                                         \
    (FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | FILE_WRITE_ATTRIBUTES)
/* To put something else in its place. */
#define WRITERS_OF_PLACE (DELETE | WRITE_DAC | WRITE_OWNER)

/* The first account that has one of `rights` and is neither SYSTEM, Administrators,
 * TrustedInstaller, the creator (a placeholder for who may create anyway) nor `trusted` (may be
 * NULL). An owner may always rewrite the list, so a strange owner is such an account whatever
 * `rights` are; without a list it is Everyone. Denials are not looked at: a list that needs them is
 * worth a second look. `writer` points into the descriptor or to a constant. */
bool writers_find(PSECURITY_DESCRIPTOR descriptor, DWORD rights, PSID trusted, PSID *writer);

#endif
