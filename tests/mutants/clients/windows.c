/* SPDX-License-Identifier: MIT */
/* Defects in how a client calls Windows: functions that stand in the place of its imports. */
#include "tests/mutants/switches.h"

#include <windows.h>

#include <bcrypt.h>
#include <string.h>

typedef BOOL(WINAPI *mutant_write_file)(HANDLE, LPCVOID, DWORD, LPDWORD, LPOVERLAPPED);
typedef BOOL(WINAPI *mutant_wait_pipe)(LPCWSTR, DWORD);

extern mutant_write_file __real___imp_WriteFile;
extern mutant_write_file __wrap___imp_WriteFile;
extern mutant_wait_pipe __real___imp_WaitNamedPipeW;
extern mutant_wait_pipe __wrap___imp_WaitNamedPipeW;

/* bcrypt.h declares it without dllimport, so it is called as a function of the program. */
NTSTATUS WINAPI __real_BCryptGenRandom(BCRYPT_ALG_HANDLE algorithm, PUCHAR bytes, ULONG size,
                                       ULONG flags);
NTSTATUS WINAPI __wrap_BCryptGenRandom(BCRYPT_ALG_HANDLE algorithm, PUCHAR bytes, ULONG size,
                                       ULONG flags);

static BOOL WINAPI mutant_write(HANDLE file, LPCVOID bytes, DWORD size, LPDWORD written,
                                LPOVERLAPPED overlapped)
{
    DWORD half = size / 4 * 2, done = 0;
    /* Only the pipe is written to in this way. */
    if (overlapped && half && mutant_has(L"two-messages")) {
        OVERLAPPED first = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
        if (!__real___imp_WriteFile(file, bytes, half, NULL, &first) &&
            GetLastError() == ERROR_IO_PENDING)
            GetOverlappedResult(file, &first, &done, TRUE);
        CloseHandle(first.hEvent);
        bytes = (const char *)bytes + half;
        size -= half;
    }
    return __real___imp_WriteFile(file, bytes, size, written, overlapped);
}

static BOOL WINAPI mutant_wait(LPCWSTR name, DWORD timeout)
{
    if (mutant_has(L"impatient")) {
        SetLastError(ERROR_SEM_TIMEOUT);
        return FALSE;
    }
    return __real___imp_WaitNamedPipeW(name, timeout);
}

NTSTATUS WINAPI __wrap_BCryptGenRandom(BCRYPT_ALG_HANDLE algorithm, PUCHAR bytes, ULONG size,
                                       ULONG flags)
{
    if (mutant_has(L"same-secrets")) {
        memset(bytes, 7, size);
        return 0;
    }
    return __real_BCryptGenRandom(algorithm, bytes, size, flags);
}

mutant_write_file __wrap___imp_WriteFile = mutant_write;
mutant_wait_pipe __wrap___imp_WaitNamedPipeW = mutant_wait;
