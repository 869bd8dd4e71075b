/* SPDX-License-Identifier: MIT */
/* crypt32.dll: names and keys of certificates. Facts: Microsoft, "CertGetNameString",
 * "CryptEncodeObject". */
#include "certificate.h"
#include "watch.h"

#include <string.h>

DWORD WINAPI certificate_name(PCCERT_CONTEXT context, DWORD type, DWORD flags, void *more,
                              LPWSTR name, DWORD room);

/* CertGetNameStringW(), which wincrypt.h declares as imported. The number of units, the terminator
 * included; what does not fit is cut off. A certificate without such a name has the empty one. */
DWORD WINAPI certificate_name(PCCERT_CONTEXT context, DWORD type, DWORD flags, void *more,
                              LPWSTR name, DWORD room)
{
    const struct fake_certificate *certificate = (const void *)context;
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_CertGetNameStringW);
    const uint32_t units = !error && certificate->mark == CERTIFICATE_MARK && !flags && !more &&
                                   type == CERT_NAME_SIMPLE_DISPLAY_TYPE
                               ? certificate->units
                               : 0;
    DWORD written = units + 1;
    record_number(&watch.record, "type", type);
    record_number(&watch.record, "units", units);
    if (name && room) {
        written = written < room ? written : room;
        memcpy(name, certificate->name, (written - 1) * sizeof(*name));
        name[written - 1] = L'\0';
    }
    watch_end(&watch, error);
    return written;
}

BOOL WINAPI encode_object(DWORD encoding, LPCSTR type, const void *structure, BYTE *bytes,
                          DWORD *size);

/* CryptEncodeObject(), of keys alone. */
BOOL WINAPI encode_object(DWORD encoding, LPCSTR type, const void *structure, BYTE *bytes,
                          DWORD *size)
{
    const CERT_PUBLIC_KEY_INFO *key = structure;
    const DWORD room = *size;
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_CryptEncodeObject);
    if (!error && (encoding != X509_ASN_ENCODING || type != X509_PUBLIC_KEY_INFO))
        error = ERROR_FILE_NOT_FOUND;
    if (!error) {
        *size = key->PublicKey.cbData;
        if (bytes && room < *size)
            error = ERROR_MORE_DATA;
        else if (bytes)
            memcpy(bytes, key->PublicKey.pbData, *size);
    }
    return watch_end_bool(&watch, error);
}
