/* SPDX-License-Identifier: MIT */
/* table.h: uthash, configured for this program. Include it instead of <uthash.h>. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/hash.h"

#define HASH_FUNCTION(at, size, hash) ((hash) = hash_bytes((at), (size)))

/* When an allocation fails, HASH_ADD leaves hh.tbl NULL instead of ending the process. */
#define HASH_NONFATAL_OOM 1

#include <uthash.h>

#endif
