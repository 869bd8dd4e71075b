/* SPDX-License-Identifier: MIT */
/* Reads of the fakes' registry keys: they can fail, and are recorded with the group "query". */
#include "folders.h"
#include "install.h"
#include "registry_keys.h"

REAL(RegQueryValueExW);
REAL(RegGetValueW);
REAL(RegEnumKeyExW);
REAL(RegEnumValueW);
REAL(RegQueryInfoKeyW);
REAL(RegNotifyChangeKeyValue);

static LSTATUS WINAPI hook_RegQueryValueExW(HKEY key, const wchar_t *name, DWORD *reserved,
                                            DWORD *type, BYTE *data, DWORD *size)
{
    struct watch watch;
    const wchar_t *watched = key_watched(key);
    if (!watched)
        return real_RegQueryValueExW(key, name, reserved, type, data, size);
    uint32_t error = watch_begin(&watch, CALL_RegQueryValueExW);
    record_key(&watch.record, watched);
    record_wide(&watch.record, "value", name ? name : L"");
    if (!error)
        error = (uint32_t)real_RegQueryValueExW(key, name, reserved, type, data, size);
    return (LSTATUS)watch_end(&watch, error);
}

/* Recorded as the equivalent RegQueryValueExW(). */
static LSTATUS WINAPI hook_RegGetValueW(HKEY key, const wchar_t *subkey, const wchar_t *name,
                                        DWORD flags, DWORD *type, void *data, DWORD *size)
{
    struct key_target target;
    struct watch watch;
    if (folder_is_program_data(key, subkey, name))
        return folder_answer(type, data, size);
    key_find(key, subkey, &target);
    if (!target.watched)
        return real_RegGetValueW(key, subkey, name, flags, type, data, size);
    uint32_t error = watch_begin(&watch, CALL_RegQueryValueExW);
    record_key(&watch.record, target.name);
    record_wide(&watch.record, "value", name ? name : L"");
    if (!error)
        error =
            (uint32_t)real_RegGetValueW(target.root, target.path, name, flags, type, data, size);
    return (LSTATUS)watch_end(&watch, error);
}

static LSTATUS WINAPI hook_RegEnumKeyExW(HKEY key, DWORD index, wchar_t *name, DWORD *length,
                                         DWORD *reserved, wchar_t *class, DWORD *class_length,
                                         FILETIME *written)
{
    struct watch watch;
    const wchar_t *watched = key_watched(key);
    if (!watched)
        return real_RegEnumKeyExW(key, index, name, length, reserved, class, class_length, written);
    uint32_t error = watch_begin(&watch, CALL_RegEnumKeyExW);
    record_key(&watch.record, watched);
    record_number(&watch.record, "index", index);
    if (!error)
        error = (uint32_t)real_RegEnumKeyExW(key, index, name, length, reserved, class,
                                             class_length, written);
    return (LSTATUS)watch_end(&watch, error);
}

static LSTATUS WINAPI hook_RegEnumValueW(HKEY key, DWORD index, wchar_t *name, DWORD *length,
                                         DWORD *reserved, DWORD *type, BYTE *data, DWORD *size)
{
    struct watch watch;
    const wchar_t *watched = key_watched(key);
    if (!watched)
        return real_RegEnumValueW(key, index, name, length, reserved, type, data, size);
    uint32_t error = watch_begin(&watch, CALL_RegEnumValueW);
    record_key(&watch.record, watched);
    record_number(&watch.record, "index", index);
    if (!error)
        error = (uint32_t)real_RegEnumValueW(key, index, name, length, reserved, type, data, size);
    return (LSTATUS)watch_end(&watch, error);
}

static LSTATUS WINAPI hook_RegQueryInfoKeyW(HKEY key, wchar_t *class, DWORD *class_length,
                                            DWORD *reserved, DWORD *keys, DWORD *longest_key,
                                            DWORD *longest_class, DWORD *values,
                                            DWORD *longest_value, DWORD *longest_data,
                                            DWORD *security, FILETIME *written)
{
    struct watch watch;
    const wchar_t *watched = key_watched(key);
    uint32_t error = watched ? watch_begin(&watch, CALL_RegQueryInfoKeyW) : 0;
    if (watched)
        record_key(&watch.record, watched);
    if (!error)
        error = (uint32_t)real_RegQueryInfoKeyW(key, class, class_length, reserved, keys,
                                                longest_key, longest_class, values, longest_value,
                                                longest_data, security, written);
    return (LSTATUS)(watched ? watch_end(&watch, error) : error);
}

static LSTATUS WINAPI hook_RegNotifyChangeKeyValue(HKEY key, BOOL subtree, DWORD filter,
                                                   HANDLE event, BOOL asynchronous)
{
    struct watch watch;
    const wchar_t *watched = key_watched(key);
    if (!watched)
        return real_RegNotifyChangeKeyValue(key, subtree, filter, event, asynchronous);
    uint32_t error = watch_begin(&watch, CALL_RegNotifyChangeKeyValue);
    record_key(&watch.record, watched);
    if (!error)
        error = (uint32_t)real_RegNotifyChangeKeyValue(key, subtree, filter, event, asynchronous);
    return (LSTATUS)watch_end(&watch, error);
}

static const struct hook hooks[] = {
    HOOK(RegQueryValueExW), HOOK(RegGetValueW),     HOOK(RegEnumKeyExW),
    HOOK(RegEnumValueW),    HOOK(RegQueryInfoKeyW), HOOK(RegNotifyChangeKeyValue),
};
const struct hook_list registry_query_hooks = {hooks, ARRAYSIZE(hooks)};
