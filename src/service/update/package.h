/* SPDX-License-Identifier: MIT */
/* package.h: takes a package over into the folder of updates, and checks what lies there. */
#ifndef SERVICE_UPDATE_PACKAGE_H
#define SERVICE_UPDATE_PACKAGE_H

#include "service/update/folder.h"
#include "update/package.h"

/* A package in the folder. */
struct stored_package {
    const struct update_folder *folder;
    const char16_t *name;                 /* of the file */
    const struct update_package *package; /* of the manifest */
    struct update_crypto *crypto;
    HANDLE stop; /* set: give up with ERROR_SHUTDOWN_IN_PROGRESS */
};

/* Copies the open file of a caller, of which it reads no more than the package's size and a byte,
 * while it checks size and digest. On an error nothing stays in the folder. Returns 0 or the code
 * of the refusal. */
uint32_t package_take(const struct stored_package *stored, HANDLE from,
                      struct update_refusal *refusal);

/* Checks size and digest of what lies in the folder. */
uint32_t package_verify(const struct stored_package *stored, struct update_refusal *refusal);

/* Checks that Windows trusts the signature of what lies in the folder, and that the root names who
 * has signed it. */
uint32_t package_check_signer(const struct stored_package *stored, const struct update_root *root,
                              struct update_refusal *refusal);

#endif
