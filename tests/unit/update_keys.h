/* SPDX-License-Identifier: MIT */
/* update_keys.h: keys that sign in a test, and real cryptography that verifies: OpenSSL's libcrypto
 * natively, CNG on Windows, there by what ships (update/win32/crypto.c). */
#ifndef TESTS_UNIT_UPDATE_KEYS_H
#define TESTS_UNIT_UPDATE_KEYS_H

#include "update/metadata.h"

struct signing_key {
    struct update_key public_key;
    void *handle;
};

/* Each of these ends the test when it fails. */
struct update_crypto *signing_crypto_open(void);
void signing_crypto_close(struct update_crypto *crypto);
void signing_key_make(struct update_crypto *crypto, struct signing_key *key);
void signing_key_free(struct signing_key *key);
void signing_key_sign(const struct signing_key *key, const uint8_t digest[UPDATE_DIGEST_SIZE],
                      uint8_t signature[UPDATE_SIGNATURE_SIZE]);

#endif
