/* SPDX-License-Identifier: MIT */
/* signature.h: the signatures of the modelled machine. A program or a package has one when it
 * ends in:
 *
 *     "GATEHOUSE FAKE\r\n"                 16 bytes
 *     status                               what WinVerifyTrust returns unless the file has changed
 *     revocation                           enum revocation
 *     checksum                             CRC-32 of all bytes before these
 *     units                                of the signer's name
 *     the name                             UTF-16, SIGNATURE_NAME_UNITS units
 *
 * Numbers have 32 bits, least significant byte first. Programs run with such an end as without.
 * tests/harness/signatures.py writes it. */
#ifndef FAKES_TRUST_SIGNATURE_H
#define FAKES_TRUST_SIGNATURE_H

#include "certificate.h"

enum revocation {
    REVOCATION_GOOD,
    REVOCATION_OFFLINE, /* a look-up fails: nothing was fetched before */
    REVOCATION_REVOKED  /* whoever asks is told */
};

struct signature {
    char mark[16];
    uint32_t status, revocation, checksum, units;
    wchar_t name[CERTIFICATE_NAME_UNITS];
};

/* Reads the signature of an open file. Returns what WinVerifyTrust says of it, revocation apart:
 * TRUST_E_NOSIGNATURE (then there is none), TRUST_E_BAD_DIGEST when the file was changed, ...
 * Windows does not reset the position of the file. */
LONG signature_read(HANDLE file, struct signature *signature);

#endif
