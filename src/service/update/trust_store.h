/* SPDX-License-Identifier: MIT */
/* trust_store.h: what this machine trusts, from the disk and back: the installed root, and the
 * record in the folder of updates. */
#ifndef SERVICE_UPDATE_TRUST_STORE_H
#define SERVICE_UPDATE_TRUST_STORE_H

#include "service/update/folder.h"
#include "update/trust.h"

/* `folder` is open, or NULL if there is none yet. Returns 0 or the code of the refusal; free by
 * update_trust_close(). */
uint32_t trust_store_load(const struct update_folder *folder, struct update_crypto *crypto,
                          struct update_trust **trust, struct update_refusal *refusal);

/* Stores the record if it has changed. On the disk when it returns 0. */
uint32_t trust_store_save(const struct update_folder *folder, struct update_trust *trust,
                          struct update_refusal *refusal);

#endif
