/* SPDX-License-Identifier: MIT */
/* signer.h: who has signed a program.
 *
 * A signer is the name of the signing certificate's subject as Windows' property page shows it (the
 * common name, as a rule: CertGetNameString, CERT_NAME_SIMPLE_DISPLAY_TYPE). It stays when the
 * certificate is renewed, which its thumbprint does not, and is as good as every certificate
 * authority that this machine trusts to sign code: none of them may give it to somebody else.
 * Only the signature in the file itself counts, none in a catalogue. */
#ifndef SERVICE_SIGNER_H
#define SERVICE_SIGNER_H

#include <stddef.h>
#include <stdint.h>
#include <uchar.h>
#include <windows.h>

enum {
    SIGNER_UNITS = 256,    /* longer names are in no list */
    SIGNER_KEY_SIZE = 1024 /* bytes; longer keys are nobody's */
};

/* Whether a trusted signature of one of the `signers` (a list of policy/list.h) is in the file.
 * What is read is `file`, which must be open to be read and which nobody else may be able to
 * change; `path` is its name. Nothing is shown to a user, and nothing fetched from a network:
 * whether a certificate was revoked is looked up in what Windows has fetched before, and one of
 * which that does not tell was not. Takes 10 s at most, during which the calling thread waits.
 *
 * Returns 0; TRUST_E_SUBJECT_NOT_TRUSTED if somebody else has signed it; otherwise what Windows
 * says of the signature (TRUST_E_NOSIGNATURE, TRUST_E_BAD_DIGEST, CERT_E_REVOKED, ...:
 * WinVerifyTrust), or a Win32 error: ERROR_TIMEOUT, ... `name` is that of a signer whose signature
 * is trusted; empty otherwise. */
uint32_t signer_check(HANDLE file, const char16_t *path, const char16_t *signers,
                      char16_t name[SIGNER_UNITS]);

/* The key of who has signed the file, as the DER of the certificate's SubjectPublicKeyInfo: of the
 * same file, in the same time and with the same errors. Unlike a name nobody else can have it. */
uint32_t signer_read_key(HANDLE file, const char16_t *path, unsigned char key[SIGNER_KEY_SIZE],
                         size_t *key_size);

#endif
