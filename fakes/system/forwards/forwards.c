/* SPDX-License-Identifier: MIT */
#include "forwards.h"
#include "watch.h"

/* On 64-bit Windows the caller clears the arguments, so that one function can stand for any. */
#ifdef _WIN64
static uintptr_t WINAPI forward_refuse(void)
{
    return ERROR_CALL_NOT_IMPLEMENTED;
}

static uintptr_t WINAPI forward_fail(void)
{
    SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
    return FALSE;
}
#else
/* On 32-bit Windows the function clears them, and for some nobody documents how many there are: the
 * caller gets the exception of a delayed import that is not found (delayimp.h). */
static uintptr_t WINAPI forward_refuse(void)
{
    RaiseException(0xC06D0000u | ERROR_PROC_NOT_FOUND, 0, 0, NULL);
    return 0;
}

static uintptr_t WINAPI forward_fail(void)
{
    return forward_refuse();
}
#endif

/* Windows' own library lies beside this one. It is loaded when it is first needed, which is not
 * while this one is being attached. */
static HMODULE real_library(void)
{
    wchar_t path[MAX_PATH] = L"";
    HMODULE own;
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            (const wchar_t *)forwards, &own))
        return NULL;
    DWORD length = GetModuleFileNameW(own, path, MAX_PATH);
    wchar_t *name = length && length < MAX_PATH ? wcsrchr(path, L'\\') : NULL;
    if (!name || (size_t)(name + 1 - path) + wcslen(FORWARD_REAL) >= MAX_PATH)
        return NULL;
    wcscpy(name + 1, FORWARD_REAL);
    return LoadLibraryW(path);
}

static void *real_function(const char *name)
{
    static HMODULE library;
    if (!library)
        library = real_library();
    return library ? (void *)GetProcAddress(library, name) : NULL;
}

void *forward_begin(unsigned number)
{
    const struct forward *forward = &forwards[number];
    DWORD last_error = GetLastError();
    void *real = forward->kind == FORWARD_RECORD ? real_function(forward->name) : NULL;
    struct record record;
    record_begin(&record, CALL_UnknownCall);
    record_utf8(&record, "library", FORWARD_LIBRARY);
    record_utf8(&record, "name", forward->name);
    record_flag(&record, "refused", !real);
    record_end(&record, real ? 0 : ERROR_CALL_NOT_IMPLEMENTED);
    SetLastError(last_error);
    if (real)
        return real;
    return forward->kind == FORWARD_FAIL ? (void *)forward_fail : (void *)forward_refuse;
}
