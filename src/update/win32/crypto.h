/* SPDX-License-Identifier: MIT */
/* crypto.h: update_crypto over Windows' CNG (bcrypt.dll). */
#ifndef UPDATE_WIN32_CRYPTO_H
#define UPDATE_WIN32_CRYPTO_H

#include "base/cleanup.h"
#include "update/crypto.h"

/* Opens the algorithms, for the use of one thread at a time. Returns 0 or an error code; free by
 * update_crypto_close(). */
uint32_t update_crypto_open(struct update_crypto **crypto);
void update_crypto_close(struct update_crypto **crypto);
#define CLEANUP_UPDATE_CRYPTO CLEANUP(update_crypto_close)

#endif
