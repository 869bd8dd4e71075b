/* SPDX-License-Identifier: MIT */
/* Signatures of files, asked of libraries that are loaded as a service loads them. */
#include "selftest.h"

#include "signature.h"

#include <softpub.h>
#include <stddef.h>
#include <string.h>
#include <wintrust.h>

DWORD NTAPI RtlComputeCrc32(DWORD checksum, const void *bytes, INT size);

static LONG(WINAPI *verify_trust)(HWND, GUID *, void *);
static CRYPT_PROVIDER_DATA *(WINAPI *provider_of)(HANDLE);
static CRYPT_PROVIDER_SGNR *(WINAPI *signer_of)(CRYPT_PROVIDER_DATA *, DWORD, WINBOOL, DWORD);
static DWORD(WINAPI *name_of)(PCCERT_CONTEXT, DWORD, DWORD, void *, LPWSTR, DWORD);

static const char program[] = "MZ: a program";

static HMODULE load(const wchar_t *name)
{
    wchar_t path[MAX_PATH], loaded[MAX_PATH] = L"";
    GetSystemDirectoryW(path, MAX_PATH);
    wcscat(path, L"\\");
    wcscat(path, name);
    HMODULE library = LoadLibraryExW(path, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    assert_non_null(library);
    GetModuleFileNameW(library, loaded, MAX_PATH);
    GetCurrentDirectoryW(MAX_PATH, path);
    assert_int_equal(_wcsnicmp(loaded, path, wcslen(path)), 0);
    return library;
}

static int load_libraries(void **state)
{
    HMODULE wintrust = load(L"wintrust.dll"), crypt32 = load(L"crypt32.dll");
    verify_trust = (void *)GetProcAddress(wintrust, "WinVerifyTrust");
    provider_of = (void *)GetProcAddress(wintrust, "WTHelperProvDataFromStateData");
    signer_of = (void *)GetProcAddress(wintrust, "WTHelperGetProvSignerFromChain");
    name_of = (void *)GetProcAddress(crypt32, "CertGetNameStringW");
    assert_true(verify_trust && provider_of && signer_of && name_of);
    return reset(state);
}

static HANDLE write_program(const struct signature *signature)
{
    DWORD written;
    HANDLE file = CreateFileW(L"signed.bin", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_DELETE_ON_CLOSE, NULL);
    assert_true(file != INVALID_HANDLE_VALUE);
    assert_true(WriteFile(file, program, sizeof(program), &written, NULL));
    if (signature)
        assert_true(WriteFile(file, signature, sizeof(*signature), &written, NULL));
    return file;
}

static struct signature signed_by(const wchar_t *name)
{
    struct signature signature = {.mark = "GATEHOUSE FAKE\r\n",
                                  .checksum = RtlComputeCrc32(0, program, sizeof(program)),
                                  .units = (uint32_t)wcslen(name)};
    wcscpy(signature.name, name);
    return signature;
}

struct question {
    WINTRUST_FILE_INFO file;
    WINTRUST_DATA data;
};

static LONG ask_trust(struct question *question, HANDLE file, DWORD action, DWORD revocation)
{
    GUID generic = WINTRUST_ACTION_GENERIC_VERIFY_V2;
    HANDLE state = question->data.hWVTStateData;
    question->file = (WINTRUST_FILE_INFO){
        .cbStruct = sizeof(question->file), .pcwszFilePath = L"signed.bin", .hFile = file};
    question->data = (WINTRUST_DATA){.cbStruct = sizeof(question->data),
                                     .dwUIChoice = WTD_UI_NONE,
                                     .fdwRevocationChecks = revocation,
                                     .dwUnionChoice = WTD_CHOICE_FILE,
                                     .pFile = &question->file,
                                     .dwStateAction = action,
                                     .hWVTStateData = state,
                                     .dwProvFlags = WTD_CACHE_ONLY_URL_RETRIEVAL};
    return verify_trust(INVALID_HANDLE_VALUE, &generic, &question->data);
}

static LONG status_of(const struct signature *signature, DWORD revocation)
{
    struct question question = {0};
    HANDLE file = write_program(signature);
    LONG status = ask_trust(&question, file, WTD_STATEACTION_VERIFY, revocation);
    ask_trust(&question, file, WTD_STATEACTION_CLOSE, revocation);
    CloseHandle(file);
    return status;
}

static void test_a_signature_is_what_its_file_says(void **state)
{
    (void)state;
    struct signature signature = signed_by(L"Somebody");
    assert_int_equal(status_of(NULL, WTD_REVOKE_NONE), TRUST_E_NOSIGNATURE);
    assert_int_equal(status_of(&signature, WTD_REVOKE_NONE), 0);
    signature.status = (uint32_t)CERT_E_EXPIRED;
    assert_int_equal(status_of(&signature, WTD_REVOKE_NONE), CERT_E_EXPIRED);
    signature.checksum++;
    assert_int_equal(status_of(&signature, WTD_REVOKE_NONE), TRUST_E_BAD_DIGEST);
}

static void test_only_who_asks_is_told_of_a_revocation(void **state)
{
    (void)state;
    struct signature signature = signed_by(L"Somebody");
    signature.revocation = REVOCATION_REVOKED;
    assert_int_equal(status_of(&signature, WTD_REVOKE_NONE), 0);
    assert_int_equal(status_of(&signature, WTD_REVOKE_WHOLECHAIN), CERT_E_REVOKED);
    signature.revocation = REVOCATION_OFFLINE;
    assert_int_equal(status_of(&signature, WTD_REVOKE_NONE), 0);
    assert_int_equal(status_of(&signature, WTD_REVOKE_WHOLECHAIN), CRYPT_E_REVOCATION_OFFLINE);
}

static void test_the_name_of_a_signer_is_there_until_the_state_is_closed(void **state)
{
    (void)state;
    struct question question = {0};
    wchar_t name[32];
    struct signature signature = signed_by(L"Somebody");
    signature.checksum++; /* whom nobody trusts has a name, too */
    HANDLE file = write_program(&signature);
    ask_trust(&question, file, WTD_STATEACTION_VERIFY, WTD_REVOKE_NONE);
    CRYPT_PROVIDER_DATA *provider = provider_of(question.data.hWVTStateData);
    assert_null(signer_of(provider, 1, FALSE, 0));
    PCCERT_CONTEXT certificate = signer_of(provider, 0, FALSE, 0)->pasCertChain->pCert;
    assert_int_equal(name_of(certificate, CERT_NAME_SIMPLE_DISPLAY_TYPE, 0, NULL, NULL, 0), 9);
    assert_int_equal(name_of(certificate, CERT_NAME_SIMPLE_DISPLAY_TYPE, 0, NULL, name, 32), 9);
    assert_int_equal(wcscmp(name, L"Somebody"), 0);
    assert_int_equal(name_of(certificate, CERT_NAME_SIMPLE_DISPLAY_TYPE, 0, NULL, name, 5), 5);
    assert_int_equal(wcscmp(name, L"Some"), 0);
    assert_int_equal(name_of(certificate, CERT_NAME_EMAIL_TYPE, 0, NULL, name, 32), 1);
    ask_trust(&question, file, WTD_STATEACTION_CLOSE, WTD_REVOKE_NONE);
    assert_null(question.data.hWVTStateData);
    CloseHandle(file);
}

const struct CMUnitTest trust_tests[] = {
    cmocka_unit_test_setup(test_a_signature_is_what_its_file_says, load_libraries),
    cmocka_unit_test_setup(test_only_who_asks_is_told_of_a_revocation, load_libraries),
    cmocka_unit_test_setup(test_the_name_of_a_signer_is_there_until_the_state_is_closed,
                           load_libraries),
};
const size_t trust_test_count = ARRAYSIZE(trust_tests);
