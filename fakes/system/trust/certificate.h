/* SPDX-License-Identifier: MIT */
/* certificate.h: a certificate that wintrust.dll hands out, and of which crypt32.dll knows the name
 * and the key. The bytes of a key, SubjectPublicKeyInfo and all, are those of the name: who has the
 * same name has the same key. */
#ifndef FAKES_TRUST_CERTIFICATE_H
#define FAKES_TRUST_CERTIFICATE_H

#include <stdint.h>
#include <windows.h>
#include <wincrypt.h>

enum { CERTIFICATE_NAME_UNITS = 1024 };

/* Another value: it is none of ours, or was freed. */
static const uint64_t CERTIFICATE_MARK = 0x4554414349464954u;

struct fake_certificate {
    CERT_CONTEXT context; /* first: a program has its address only */
    uint64_t mark;
    CERT_INFO info;
    uint32_t units; /* of the name, which may have zeros in it */
    wchar_t name[CERTIFICATE_NAME_UNITS];
};

#endif
