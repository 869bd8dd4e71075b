/* SPDX-License-Identifier: MIT */
/* wintrust.dll: signatures of files. Facts: Microsoft, "WinVerifyTrust", "WINTRUST_DATA",
 * "WTHelperProvDataFromStateData", "WTHelperGetProvSignerFromChain".
 *
 * As unkind as documented: what is asked with a user interface waits for a user whom a service does
 * not have, what may use the network waits for that. A signature that is not trusted has a signer
 * all the same, with any name. What was handed out is worth nothing once the state is closed. */
#include "signature.h"
#include "watch.h"

#include <wintrust.h>
#include <softpub.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* What hWVTStateData leads to. */
struct trust_state {
    CRYPT_PROVIDER_DATA provider;
    CRYPT_PROVIDER_SGNR signer;
    CRYPT_PROVIDER_CERT chain;
    struct fake_certificate certificate;
};

static void wait_for_nobody(void)
{
    Sleep(INFINITE);
}

static bool is_well_formed(const GUID *action, const WINTRUST_DATA *data)
{
    static const GUID generic = WINTRUST_ACTION_GENERIC_VERIFY_V2;
    return action && data && memcmp(action, &generic, sizeof(generic)) == 0 &&
           data->cbStruct >= offsetof(WINTRUST_DATA, dwUIContext) + sizeof(data->dwUIContext) &&
           data->dwUnionChoice == WTD_CHOICE_FILE && data->pFile &&
           data->pFile->cbStruct >= sizeof(WINTRUST_FILE_INFO) && data->pFile->pcwszFilePath;
}

static bool asks_for_revocation(const WINTRUST_DATA *data)
{
    return !(data->dwProvFlags & WTD_REVOCATION_CHECK_NONE) &&
           (data->fdwRevocationChecks == WTD_REVOKE_WHOLECHAIN ||
            data->dwProvFlags &
                (WTD_REVOCATION_CHECK_CHAIN | WTD_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT |
                 WTD_REVOCATION_CHECK_END_CERT));
}

static LONG status_of(const WINTRUST_DATA *data, struct signature *signature)
{
    HANDLE file = data->pFile->hFile;
    HANDLE opened = NULL;
    if (!file) /* whatever lies there by now */
        file = opened = CreateFileW(data->pFile->pcwszFilePath, GENERIC_READ, FILE_SHARE_READ, NULL,
                                    OPEN_EXISTING, 0, NULL);
    LONG status = signature_read(file, signature);
    if (opened && opened != INVALID_HANDLE_VALUE)
        CloseHandle(opened);
    if (status || !asks_for_revocation(data))
        return status;
    if (signature->revocation == REVOCATION_REVOKED)
        return CERT_E_REVOKED;
    return signature->revocation == REVOCATION_OFFLINE ? CRYPT_E_REVOCATION_OFFLINE : 0;
}

static void open_state(WINTRUST_DATA *data, const struct signature *signature)
{
    struct trust_state *state = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*state));
    data->hWVTStateData = state;
    if (!state)
        return;
    state->provider.cbStruct = sizeof(state->provider);
    state->signer.cbStruct = sizeof(state->signer);
    state->chain.cbStruct = sizeof(state->chain);
    if (!signature->mark[0])
        return;
    state->provider.csSigners = 1;
    state->provider.pasSigners = &state->signer;
    state->signer.csCertChain = 1;
    state->signer.pasCertChain = &state->chain;
    state->chain.pCert = &state->certificate.context;
    state->certificate.mark = CERTIFICATE_MARK;
    state->certificate.units = signature->units;
    memcpy(state->certificate.name, signature->name, sizeof(state->certificate.name));
    state->certificate.context.pCertInfo = &state->certificate.info;
    state->certificate.info.SubjectPublicKeyInfo.PublicKey =
        (CRYPT_BIT_BLOB){.cbData = signature->units * (DWORD)sizeof(*signature->name),
                         .pbData = (BYTE *)state->certificate.name};
}

static void close_state(WINTRUST_DATA *data)
{
    struct trust_state *state = data->hWVTStateData;
    data->hWVTStateData = NULL;
    if (!state)
        return;
    memset(state, 0xDD, sizeof(*state));
    HeapFree(GetProcessHeap(), 0, state);
}

static LONG verify(WINTRUST_DATA *data)
{
    struct signature *signature = HeapAlloc(GetProcessHeap(), 0, sizeof(*signature));
    if (!signature)
        return TRUST_E_SYSTEM_ERROR;
    LONG status = status_of(data, signature);
    if (data->dwStateAction == WTD_STATEACTION_VERIFY)
        open_state(data, signature);
    HeapFree(GetProcessHeap(), 0, signature);
    return status;
}

static void record_question(struct record *record, HWND window, const WINTRUST_DATA *data)
{
    record_hex(record, "window", (UINT_PTR)window);
    record_number(record, "ui", data->dwUIChoice);
    record_number(record, "revocation", data->fdwRevocationChecks);
    record_number(record, "state_action", data->dwStateAction);
    record_hex(record, "flags", data->dwProvFlags);
    record_wide(record, "path", data->pFile->pcwszFilePath);
    record_hex(record, "file", (UINT_PTR)data->pFile->hFile);
}

LONG WINAPI WinVerifyTrust(HWND window, GUID *action, void *question)
{
    WINTRUST_DATA *data = question;
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_WinVerifyTrust);
    if (!is_well_formed(action, data))
        return (LONG)watch_end(&watch, (uint32_t)TRUST_E_ACTION_UNKNOWN);
    record_question(&watch.record, window, data);
    LONG status = (LONG)error;
    if (data->dwStateAction == WTD_STATEACTION_CLOSE) {
        close_state(data);
    } else if (!error) {
        if (data->dwUIChoice != WTD_UI_NONE || !(data->dwProvFlags & WTD_CACHE_ONLY_URL_RETRIEVAL))
            wait_for_nobody();
        status = verify(data);
    }
    return (LONG)watch_end(&watch, (uint32_t)status);
}

CRYPT_PROVIDER_DATA *WINAPI WTHelperProvDataFromStateData(HANDLE state)
{
    return state ? &((struct trust_state *)state)->provider : NULL;
}

CRYPT_PROVIDER_SGNR *WINAPI WTHelperGetProvSignerFromChain(CRYPT_PROVIDER_DATA *provider,
                                                           DWORD index, WINBOOL is_counter_signer,
                                                           DWORD counter_signer)
{
    (void)counter_signer;
    return is_counter_signer || index >= provider->csSigners ? NULL : &provider->pasSigners[index];
}
