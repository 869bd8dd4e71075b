/* SPDX-License-Identifier: MIT */
#include "signature.h"

#include <string.h>

static const char MARK[] = "GATEHOUSE FAKE\r\n";

/* What a package of Windows Installer begins with, as every compound file does (MS-CFB 2.2). */
static const BYTE PACKAGE[] = {0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1};

DWORD NTAPI RtlComputeCrc32(DWORD checksum, const void *bytes, INT size);

static BOOL read_bytes(HANDLE file, uint32_t offset, void *bytes, DWORD size)
{
    DWORD got;
    return SetFilePointer(file, (LONG)offset, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER &&
           ReadFile(file, bytes, size, &got, NULL) && got == size;
}

static BOOL checksum_of(HANDLE file, uint32_t size, uint32_t *checksum)
{
    static const uint32_t MOST = 65536;
    BYTE *bytes = HeapAlloc(GetProcessHeap(), 0, MOST);
    BOOL is_read = bytes != NULL;
    *checksum = 0;
    for (uint32_t done = 0; is_read && done < size;) {
        DWORD part = size - done < MOST ? size - done : MOST;
        is_read = read_bytes(file, done, bytes, part);
        *checksum = RtlComputeCrc32(*checksum, bytes, (INT)part);
        done += part;
    }
    HeapFree(GetProcessHeap(), 0, bytes);
    return is_read;
}

LONG signature_read(HANDLE file, struct signature *signature)
{
    BYTE beginning[sizeof(PACKAGE)];
    uint32_t size = GetFileSize(file, NULL), checksum;
    memset(signature, 0, sizeof(*signature));
    if (size == INVALID_FILE_SIZE || !read_bytes(file, 0, beginning, sizeof(beginning)))
        return CRYPT_E_FILE_ERROR;
    if (memcmp(beginning, "MZ", 2) != 0 && memcmp(beginning, PACKAGE, sizeof(PACKAGE)) != 0)
        return TRUST_E_SUBJECT_FORM_UNKNOWN;
    if (size < sizeof(*signature))
        return TRUST_E_NOSIGNATURE;
    size -= (uint32_t)sizeof(*signature);
    if (!read_bytes(file, size, signature, sizeof(*signature)) ||
        !checksum_of(file, size, &checksum))
        return CRYPT_E_FILE_ERROR;
    if (memcmp(signature->mark, MARK, sizeof(signature->mark)) != 0) {
        memset(signature, 0, sizeof(*signature));
        return TRUST_E_NOSIGNATURE;
    }
    if (signature->units >= CERTIFICATE_NAME_UNITS || checksum != signature->checksum)
        return TRUST_E_BAD_DIGEST;
    return (LONG)signature->status;
}
