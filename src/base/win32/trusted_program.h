/* SPDX-License-Identifier: MIT */
/* trusted_program.h: whether a program may run with the rights of this process, because nobody who
 * has fewer could have changed it. */
#ifndef BASE_WIN32_TRUSTED_PROGRAM_H
#define BASE_WIN32_TRUSTED_PROGRAM_H

#include "base/win32/path_acl.h"

#include <stdint.h>

/* Finds where the program really lies, and who can change it there, or the folders on the way:
 * whoever is neither trusted (file_acl.h) nor this process's own account. An access list that
 * cannot be read may be anybody's. Start the program by `path`: a link on the way of the given one
 * could lead elsewhere by then.
 *
 * Returns 0; ERROR_ACCESS_DENIED with the finding, which must be zero-initialised and freed by
 * path_finding_free(); ERROR_BAD_PATHNAME if it lies on no disk of this machine; or an error of
 * opening it. */
uint32_t trusted_program_find(const char16_t *given, char16_t path[PATH_ACL_UNITS],
                              struct path_finding *finding);

#endif
