/* SPDX-License-Identifier: MIT */
/* table.h: uthash, as every hash table here uses it. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/hash.h"

#define HASH_FUNCTION(at, size, hash) ((hash) = hash_bytes((at), (size)))

/* A failed allocation is reported (hh.tbl stays NULL) and does not end the process. */
#define HASH_NONFATAL_OOM 1

#include <uthash.h>

#endif
