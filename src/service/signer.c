/* SPDX-License-Identifier: MIT */
#include "service/signer.h"

#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/missing.h"
#include "policy/list.h"
#include "policy/policy.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <wincrypt.h>
#include <wintrust.h>
#include <softpub.h>

/* ---- Windows' functions ---- */

/* Loaded when they are first needed: most machines have no list of signers. */
static struct trust {
    SRWLOCK lock;
    bool is_loaded;
    LONG(WINAPI *verify)(HWND window, GUID *action, void *data);
    CRYPT_PROVIDER_DATA *(WINAPI *provider)(HANDLE state);
    CRYPT_PROVIDER_SGNR *(WINAPI *signer)(CRYPT_PROVIDER_DATA *provider, DWORD index,
                                          WINBOOL is_counter_signer, DWORD counter_signer);
    DWORD(WINAPI *name)
    (PCCERT_CONTEXT certificate, DWORD type, DWORD flags, void *more, char16_t *name, DWORD units);
    WINBOOL(WINAPI *encode)
    (DWORD encoding, LPCSTR type, const void *structure, BYTE *bytes, DWORD *size);
} trust;

/* By its whole path, and so are the libraries that it needs: no other folder is searched. */
static uint32_t load_system_library(const char16_t *name, HMODULE *library)
{
    char16_t path[MAX_PATH];
    UINT length = GetSystemDirectoryW(path, MAX_PATH);
    struct text text = {.units = path, .length = length, .capacity = MAX_PATH};
    if (!length)
        return GetLastError();
    if (length >= MAX_PATH)
        return ERROR_FILENAME_EXCED_RANGE;
    text_append(&text, u"\\");
    text_append(&text, name);
    if (text.truncated)
        return ERROR_FILENAME_EXCED_RANGE;
    *library = LoadLibraryExW(path, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    return *library ? 0 : GetLastError();
}

static uint32_t load_trust(void)
{
    static const struct {
        const char *name;
        bool is_of_crypt32;
        void *place;
    } functions[] = {
        {"WinVerifyTrust", false, &trust.verify},
        {"WTHelperProvDataFromStateData", false, &trust.provider},
        {"WTHelperGetProvSignerFromChain", false, &trust.signer},
        {"CertGetNameStringW", true, &trust.name},
        {"CryptEncodeObject", true, &trust.encode},
    };
    HMODULE wintrust, crypt32;
    uint32_t error = load_system_library(u"wintrust.dll", &wintrust);
    if (!error)
        error = load_system_library(u"crypt32.dll", &crypt32);
    if (error)
        return error;
    for (size_t i = 0; i < ARRAY_COUNT(functions); i++) {
        FARPROC function =
            GetProcAddress(functions[i].is_of_crypt32 ? crypt32 : wintrust, functions[i].name);
        if (!function)
            return GetLastError();
        memcpy(functions[i].place, &function, sizeof(function));
    }
    trust.is_loaded = true;
    return 0;
}

static uint32_t open_trust(void)
{
    AcquireSRWLockExclusive(&trust.lock);
    uint32_t error = trust.is_loaded ? 0 : load_trust();
    ReleaseSRWLockExclusive(&trust.lock);
    return error;
}

/* ---- one file ---- */

struct signer_job {
    atomic_int users; /* who waits, and who verifies: the last one frees it */
    atomic_int state; /* enum job_state */
    HANDLE done;      /* an event */
    HANDLE file;      /* a handle of its own */
    uint32_t status;
    char16_t path[POLICY_PATH_UNITS];
    char16_t name[SIGNER_UNITS];
    size_t key_size; /* 0: none */
    unsigned char key[SIGNER_KEY_SIZE];
};

/* A name with a zero in it would be taken for what stands before that. */
static void read_name(PCCERT_CONTEXT certificate, char16_t name[SIGNER_UNITS])
{
    DWORD units = trust.name(certificate, CERT_NAME_SIMPLE_DISPLAY_TYPE, 0, NULL, NULL, 0);
    if (units <= 1 || units > SIGNER_UNITS ||
        trust.name(certificate, CERT_NAME_SIMPLE_DISPLAY_TYPE, 0, NULL, name, units) != units ||
        text_length(name) != units - 1)
        *name = 0;
}

static void read_signer_key(PCCERT_CONTEXT certificate, struct signer_job *job)
{
    DWORD size = sizeof(job->key);
    if (certificate->pCertInfo &&
        trust.encode(X509_ASN_ENCODING, X509_PUBLIC_KEY_INFO,
                     &certificate->pCertInfo->SubjectPublicKeyInfo, job->key, &size))
        job->key_size = size;
}

static void read_trusted_signer(HANDLE state, struct signer_job *job)
{
    CRYPT_PROVIDER_DATA *provider = trust.provider(state);
    CRYPT_PROVIDER_SGNR *signer = provider ? trust.signer(provider, 0, FALSE, 0) : NULL;
    if (signer && signer->csCertChain && signer->pasCertChain && signer->pasCertChain->pCert) {
        read_name(signer->pasCertChain->pCert, job->name);
        read_signer_key(signer->pasCertChain->pCert, job);
    }
}

/* Returns what Windows says of the signature. Only of one that it trusts name and key are read:
 * those of any other can be made up. */
static uint32_t verify_signature(struct signer_job *job, DWORD checks, DWORD flags)
{
    GUID action = WINTRUST_ACTION_GENERIC_VERIFY_V2;
    WINTRUST_FILE_INFO file = {
        .cbStruct = sizeof(file), .pcwszFilePath = job->path, .hFile = job->file};
    WINTRUST_DATA data = {.cbStruct = sizeof(data),
                          .dwUIChoice = WTD_UI_NONE,
                          .fdwRevocationChecks = checks,
                          .dwUnionChoice = WTD_CHOICE_FILE,
                          .pFile = &file,
                          .dwStateAction = WTD_STATEACTION_VERIFY,
                          .dwProvFlags = flags | WTD_CACHE_ONLY_URL_RETRIEVAL | WTD_DISABLE_MD2_MD4,
                          .dwUIContext = WTD_UICONTEXT_EXECUTE};
    const uint32_t status = (uint32_t)trust.verify(INVALID_HANDLE_VALUE, &action, &data);
    if (!status)
        read_trusted_signer(data.hWVTStateData, job);
    data.dwStateAction = WTD_STATEACTION_CLOSE;
    trust.verify(INVALID_HANDLE_VALUE, &action, &data);
    return status;
}

/* Whether a status says only that Windows has not fetched who was revoked. */
static bool is_revocation_unknown(uint32_t status)
{
    return status == (uint32_t)CERT_E_REVOCATION_FAILURE ||
           status == (uint32_t)CRYPT_E_REVOCATION_OFFLINE ||
           status == (uint32_t)CRYPT_E_NO_REVOCATION_CHECK;
}

static uint32_t verify_file(struct signer_job *job)
{
    uint32_t status = open_trust();
    if (status)
        return status;
    status = verify_signature(job, WTD_REVOKE_WHOLECHAIN, WTD_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT);
    return is_revocation_unknown(status)
               ? verify_signature(job, WTD_REVOKE_NONE, WTD_REVOCATION_CHECK_NONE)
               : status;
}

/* ---- in time ---- */

enum {
    VERIFY_MILLISECONDS = 10000,
    MOST_OVERDUE = 8 /* threads that hang in Windows: with so many, no more are tried */
};

enum job_state { JOB_RUNS, JOB_IS_OVERDUE, JOB_IS_DONE };

static atomic_int overdue;

static void job_release(struct signer_job **job)
{
    struct signer_job *released = TAKE(*job);
    if (!released || atomic_fetch_sub(&released->users, 1) > 1)
        return;
    close_handle(&released->done);
    close_handle(&released->file);
    free(released);
}

static uint32_t job_make(HANDLE file, const char16_t *path, struct signer_job **made)
{
    struct signer_job *job = *made = calloc(1, sizeof(*job));
    HANDLE self = GetCurrentProcess();
    if (!job)
        return ERROR_NOT_ENOUGH_MEMORY;
    atomic_store(&job->users, 1);
    struct text text = TEXT_ON(job->path);
    text_append(&text, path);
    job->done = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!job->done ||
        !DuplicateHandle(self, file, self, &job->file, 0, FALSE, DUPLICATE_SAME_ACCESS))
        return GetLastError();
    return text.truncated ? (uint32_t)ERROR_FILENAME_EXCED_RANGE : 0;
}

static VOID CALLBACK job_run(PTP_CALLBACK_INSTANCE instance, void *context)
{
    CLEANUP(job_release) struct signer_job *job = context;
    CallbackMayRunLong(instance);
    job->status = verify_file(job);
    close_handle(&job->file); /* whoever waits may go on to replace the file */
    if (atomic_exchange(&job->state, JOB_IS_DONE) == JOB_IS_OVERDUE)
        atomic_fetch_sub(&overdue, 1);
    SetEvent(job->done);
}

static uint32_t job_wait(struct signer_job *job)
{
    if (WaitForSingleObject(job->done, VERIFY_MILLISECONDS) == WAIT_OBJECT_0)
        return job->status;
    atomic_fetch_add(&overdue, 1);
    if (atomic_exchange(&job->state, JOB_IS_OVERDUE) != JOB_IS_DONE)
        return ERROR_TIMEOUT;
    atomic_fetch_sub(&overdue, 1);
    return job->status;
}

/* In a thread of the pool: Windows has no time limit for it, and may need more stack than a
 * session's thread has. */
static uint32_t job_start(struct signer_job *job)
{
    if (atomic_load(&overdue) >= MOST_OVERDUE)
        return ERROR_TIMEOUT;
    atomic_fetch_add(&job->users, 1);
    if (TrySubmitThreadpoolCallback(job_run, job, NULL))
        return 0;
    atomic_fetch_sub(&job->users, 1);
    return GetLastError();
}

/* Verifies the file. */
static uint32_t signer_find(HANDLE file, const char16_t *path, struct signer_job **job)
{
    uint32_t error = job_make(file, path, job);
    if (!error)
        error = job_start(*job);
    return error ? error : job_wait(*job);
}

uint32_t signer_check(HANDLE file, const char16_t *path, const char16_t *signers,
                      char16_t name[SIGNER_UNITS])
{
    CLEANUP(job_release) struct signer_job *job = NULL;
    struct text text = text_on(name, SIGNER_UNITS);
    uint32_t error = signer_find(file, path, &job);
    if (error)
        return error;
    text_append(&text, job->name);
    return list_has(signers, name) ? 0 : (uint32_t)TRUST_E_SUBJECT_NOT_TRUSTED;
}

uint32_t signer_read_key(HANDLE file, const char16_t *path, unsigned char key[SIGNER_KEY_SIZE],
                         size_t *key_size)
{
    CLEANUP(job_release) struct signer_job *job = NULL;
    uint32_t error = signer_find(file, path, &job);
    *key_size = 0;
    if (error)
        return error;
    if (!job->key_size)
        return (uint32_t)TRUST_E_SUBJECT_NOT_TRUSTED;
    *key_size = job->key_size;
    memcpy(key, job->key, job->key_size);
    return 0;
}
