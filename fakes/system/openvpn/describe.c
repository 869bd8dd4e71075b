/* SPDX-License-Identifier: MIT */
#include "describe.h"

#include "openvpn.h"
#include "security.h"

#include <sddl.h>

static cJSON *text_json(const wchar_t *text)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    CLEANUP_FREE char *narrow = calloc(1, (size_t)size + 1);
    WideCharToMultiByte(CP_UTF8, 0, text, -1, narrow, size, NULL, NULL);
    return cJSON_CreateString(narrow);
}

static cJSON *sid_json(PSID sid)
{
    wchar_t *text = NULL;
    if (!ConvertSidToStringSidW(sid, &text))
        return cJSON_CreateNull();
    cJSON *json = text_json(text);
    LocalFree(text);
    return json;
}

static cJSON *arguments_json(void)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < __argc; i++)
        cJSON_AddItemToArray(list, text_json(__wargv[i]));
    return list;
}

static cJSON *environment_json(void)
{
    cJSON *object = cJSON_CreateObject();
    wchar_t *block = GetEnvironmentStringsW();
    for (wchar_t *entry = block; entry && *entry; entry += lstrlenW(entry) + 1) {
        wchar_t *equals = wcschr(entry + 1, L'='); /* names may begin with "=" */
        if (!equals)
            continue;
        CLEANUP_FREE wchar_t *name = _wcsdup(entry);
        name[equals - entry] = 0;
        cJSON *key = text_json(name);
        cJSON_AddItemToObject(object, cJSON_GetStringValue(key), text_json(equals + 1));
        cJSON_Delete(key);
    }
    FreeEnvironmentStringsW(block);
    return object;
}

/* On the heap; NULL when the token has no such information. */
static void *token_information(HANDLE token, TOKEN_INFORMATION_CLASS class)
{
    DWORD size = 0;
    GetTokenInformation(token, class, NULL, 0, &size);
    CLEANUP_FREE void *information = calloc(1, size + 1);
    if (!GetTokenInformation(token, class, information, size, &size))
        return NULL;
    return TAKE(information);
}

static void add_token(cJSON *object)
{
    CLEANUP_HANDLE HANDLE token = NULL;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return;
    CLEANUP_FREE TOKEN_USER *user = token_information(token, TokenUser);
    CLEANUP_FREE TOKEN_GROUPS *groups = token_information(token, TokenGroups);
    CLEANUP_FREE TOKEN_PRIVILEGES *privileges = token_information(token, TokenPrivileges);
    if (user)
        cJSON_AddItemToObject(object, "user", sid_json(user->User.Sid));
    cJSON *list = cJSON_AddArrayToObject(object, "groups");
    for (DWORD i = 0; groups && i < groups->GroupCount; i++) {
        cJSON *row = cJSON_CreateObject();
        cJSON_AddItemToObject(row, "sid", sid_json(groups->Groups[i].Sid));
        cJSON_AddNumberToObject(row, "attributes", groups->Groups[i].Attributes);
        cJSON_AddItemToArray(list, row);
    }
    list = cJSON_AddArrayToObject(object, "privileges");
    for (DWORD i = 0; privileges && i < privileges->PrivilegeCount; i++) {
        wchar_t name[64];
        DWORD size = 64;
        if (LookupPrivilegeNameW(NULL, &privileges->Privileges[i].Luid, name, &size))
            cJSON_AddItemToArray(list, text_json(name));
    }
}

static void add_job(cJSON *object)
{
    BOOL in_job = FALSE;
    IsProcessInJob(GetCurrentProcess(), NULL, &in_job);
    cJSON_AddBoolToObject(object, "in_job", in_job);
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    if (in_job && QueryInformationJobObject(NULL, JobObjectExtendedLimitInformation, &limits,
                                            sizeof(limits), NULL))
        cJSON_AddNumberToObject(object, "job_limits", limits.BasicLimitInformation.LimitFlags);
}

static cJSON *handle_json(HANDLE handle)
{
    DWORD flags = 0;
    if (!handle || !GetHandleInformation(handle, &flags))
        return cJSON_CreateNull();
    cJSON *row = cJSON_CreateObject();
    cJSON_AddNumberToObject(row, "value", (double)(uintptr_t)handle);
    cJSON_AddNumberToObject(row, "type", GetFileType(handle));
    cJSON_AddBoolToObject(row, "inheritable", flags & HANDLE_FLAG_INHERIT);
    return row;
}

cJSON *describe_process(void)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "arguments", arguments_json());
    cJSON_AddItemToObject(object, "command_line", text_json(GetCommandLineW()));
    wchar_t path[MAX_PATH] = L"";
    GetCurrentDirectoryW(MAX_PATH, path);
    cJSON_AddItemToObject(object, "directory", text_json(path));
    GetModuleFileNameW(NULL, path, MAX_PATH);
    cJSON_AddItemToObject(object, "image", text_json(path));
    cJSON_AddNumberToObject(object, "process", GetCurrentProcessId());
    cJSON_AddNumberToObject(object, "priority", GetPriorityClass(GetCurrentProcess()));
    cJSON_AddItemToObject(object, "environment", environment_json());
    cJSON_AddItemToObject(object, "stdin", handle_json(GetStdHandle(STD_INPUT_HANDLE)));
    cJSON_AddItemToObject(object, "stdout", handle_json(GetStdHandle(STD_OUTPUT_HANDLE)));
    cJSON_AddItemToObject(object, "stderr", handle_json(GetStdHandle(STD_ERROR_HANDLE)));
    cJSON_AddItemToObject(object, "process_security", text_json(security_of_process()));
    cJSON_AddItemToObject(object, "thread_security", text_json(security_of_thread()));
    add_token(object);
    add_job(object);
    return object;
}

cJSON *describe_handles(const cJSON *values)
{
    enum { HIGHEST = 0x1000, STEP = 4 };
    cJSON *list = cJSON_CreateArray();
    const cJSON *value = NULL;
    cJSON_ArrayForEach(value, values)
    {
        cJSON_AddItemToArray(list, handle_json((HANDLE)(uintptr_t)value->valuedouble));
    }
    for (uintptr_t each = STEP; !values && each < HIGHEST; each += STEP) {
        DWORD flags;
        if (GetHandleInformation((HANDLE)each, &flags))
            cJSON_AddItemToArray(list, handle_json((HANDLE)each));
    }
    return list;
}
