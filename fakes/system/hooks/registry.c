/* SPDX-License-Identifier: MIT */
/* The registry: keys at and below the roots of places.h, and volatile ones, are redirected to the
 * fakes' stores. */
#include "install.h"
#include "registry_keys.h"

REAL(RegOpenKeyExW);
REAL(RegCreateKeyExW);
REAL(RegCloseKey);
REAL(RegSetValueExW);
REAL(RegSetKeyValueW);
REAL(RegDeleteValueW);
REAL(RegDeleteKeyValueW);
REAL(RegDeleteKeyW);
REAL(RegDeleteKeyExW);
REAL(RegDeleteTreeW);
REAL(RegFlushKey);

static LSTATUS end(struct watch *watch, uint32_t error)
{
    return (LSTATUS)watch_end(watch, error);
}

/* The error with which a key of the product is to be opened; 0: none, or it is another key. */
static uint32_t product_key_error(const struct key_target *target)
{
    static const wchar_t product[] = L"SOFTWARE\\OpenVPN";
    static const wchar_t policy[] = L"SOFTWARE\\Policies\\Gatehouse";
    if (target->named && !_wcsnicmp(target->name, product, ARRAYSIZE(product) - 1))
        return watched_machine.image->settings.product_key_error;
    if (target->named && !_wcsnicmp(target->name, policy, ARRAYSIZE(policy) - 1))
        return watched_machine.image->settings.policy_key_error;
    return 0;
}

static LSTATUS WINAPI hook_RegOpenKeyExW(HKEY key, const wchar_t *subkey, DWORD options,
                                         REGSAM access, HKEY *opened)
{
    struct key_target target;
    struct watch watch;
    key_find(key, subkey, &target);
    if (product_key_error(&target))
        return (LSTATUS)product_key_error(&target);
    uint32_t error = target.watched ? watch_begin(&watch, CALL_RegOpenKeyExW) : 0;
    if (target.watched) {
        record_key(&watch.record, target.name);
        record_hex(&watch.record, "access", access);
    }
    if (!error)
        error = (uint32_t)real_RegOpenKeyExW(target.root, target.path, options, access, opened);
    if (!error)
        key_remember(*opened, &target);
    return target.watched ? end(&watch, error) : (LSTATUS)error;
}

static LSTATUS WINAPI hook_RegCreateKeyExW(HKEY key, const wchar_t *subkey, DWORD reserved,
                                           wchar_t *class, DWORD options, REGSAM access,
                                           SECURITY_ATTRIBUTES *security, HKEY *opened,
                                           DWORD *disposition)
{
    struct key_target target;
    struct watch watch;
    DWORD created = 0;
    key_find(key, subkey, &target);
    if (options & REG_OPTION_VOLATILE)
        key_make_volatile(&target);
    uint32_t error = target.watched ? watch_begin(&watch, CALL_RegCreateKeyExW) : 0;
    if (target.watched) {
        record_key(&watch.record, target.name);
        record_hex(&watch.record, "access", access);
        record_flag(&watch.record, "volatile", options & REG_OPTION_VOLATILE);
    }
    if (!error)
        error = (uint32_t)real_RegCreateKeyExW(target.root, target.path, reserved, class, options,
                                               access, security, opened, &created);
    if (!error && disposition)
        *disposition = created;
    if (!error)
        key_remember(*opened, &target);
    if (!target.watched)
        return (LSTATUS)error;
    record_flag(&watch.record, "created", created == REG_CREATED_NEW_KEY);
    return end(&watch, error);
}

static LSTATUS WINAPI hook_RegCloseKey(HKEY key)
{
    key_forget(key);
    return real_RegCloseKey(key);
}

static LSTATUS WINAPI hook_RegSetValueExW(HKEY key, const wchar_t *name, DWORD reserved, DWORD type,
                                          const BYTE *data, DWORD size)
{
    struct watch watch;
    const wchar_t *watched = key_watched(key);
    if (!watched)
        return real_RegSetValueExW(key, name, reserved, type, data, size);
    uint32_t error = watch_begin(&watch, CALL_RegSetValueExW);
    record_key(&watch.record, watched);
    record_wide(&watch.record, "value", name ? name : L"");
    record_value(&watch.record, type, data, size);
    if (!error)
        error = (uint32_t)real_RegSetValueExW(key, name, reserved, type, data, size);
    return end(&watch, error);
}

/* Recorded as the equivalent RegSetValueExW(). */
static LSTATUS WINAPI hook_RegSetKeyValueW(HKEY key, const wchar_t *subkey, const wchar_t *name,
                                           DWORD type, const void *data, DWORD size)
{
    struct key_target target;
    struct watch watch;
    key_find(key, subkey, &target);
    if (!target.watched)
        return real_RegSetKeyValueW(key, subkey, name, type, data, size);
    uint32_t error = watch_begin(&watch, CALL_RegSetValueExW);
    record_key(&watch.record, target.name);
    record_wide(&watch.record, "value", name ? name : L"");
    record_value(&watch.record, type, data, size);
    if (!error)
        error = (uint32_t)real_RegSetKeyValueW(target.root, target.path, name, type, data, size);
    return end(&watch, error);
}

static LSTATUS WINAPI hook_RegDeleteValueW(HKEY key, const wchar_t *name)
{
    struct watch watch;
    const wchar_t *watched = key_watched(key);
    if (!watched)
        return real_RegDeleteValueW(key, name);
    uint32_t error = watch_begin(&watch, CALL_RegDeleteValueW);
    record_key(&watch.record, watched);
    record_wide(&watch.record, "value", name ? name : L"");
    if (!error)
        error = (uint32_t)real_RegDeleteValueW(key, name);
    return end(&watch, error);
}

/* Recorded as the equivalent RegDeleteValueW(). */
static LSTATUS WINAPI hook_RegDeleteKeyValueW(HKEY key, const wchar_t *subkey, const wchar_t *name)
{
    struct key_target target;
    struct watch watch;
    key_find(key, subkey, &target);
    if (!target.watched)
        return real_RegDeleteKeyValueW(key, subkey, name);
    uint32_t error = watch_begin(&watch, CALL_RegDeleteValueW);
    record_key(&watch.record, target.name);
    record_wide(&watch.record, "value", name ? name : L"");
    if (!error)
        error = (uint32_t)real_RegDeleteKeyValueW(target.root, target.path, name);
    return end(&watch, error);
}

static LSTATUS WINAPI hook_RegDeleteKeyW(HKEY key, const wchar_t *subkey)
{
    struct key_target target;
    struct watch watch;
    key_find(key, subkey, &target);
    if (!target.watched)
        return real_RegDeleteKeyW(key, subkey);
    uint32_t error = watch_begin(&watch, CALL_RegDeleteKeyW);
    record_key(&watch.record, target.name);
    if (!error)
        error = (uint32_t)real_RegDeleteKeyW(target.root, target.path);
    return end(&watch, error);
}

/* Recorded as the equivalent RegDeleteKeyW(). */
static LSTATUS WINAPI hook_RegDeleteKeyExW(HKEY key, const wchar_t *subkey, REGSAM access,
                                           DWORD reserved)
{
    struct key_target target;
    struct watch watch;
    key_find(key, subkey, &target);
    if (!target.watched)
        return real_RegDeleteKeyExW(key, subkey, access, reserved);
    uint32_t error = watch_begin(&watch, CALL_RegDeleteKeyW);
    record_key(&watch.record, target.name);
    if (!error)
        error = (uint32_t)real_RegDeleteKeyExW(target.root, target.path, access, reserved);
    return end(&watch, error);
}

static LSTATUS WINAPI hook_RegDeleteTreeW(HKEY key, const wchar_t *subkey)
{
    struct key_target target;
    struct watch watch;
    key_find(key, subkey, &target);
    if (!target.watched)
        return real_RegDeleteTreeW(key, subkey);
    uint32_t error = watch_begin(&watch, CALL_RegDeleteTreeW);
    record_key(&watch.record, target.name);
    if (!error)
        error = (uint32_t)real_RegDeleteTreeW(target.root, target.path);
    return end(&watch, error);
}

static LSTATUS WINAPI hook_RegFlushKey(HKEY key)
{
    struct watch watch;
    const wchar_t *watched = key_watched(key);
    if (!watched)
        return real_RegFlushKey(key);
    uint32_t error = watch_begin(&watch, CALL_RegFlushKey);
    record_key(&watch.record, watched);
    if (!error)
        error = (uint32_t)real_RegFlushKey(key);
    return end(&watch, error);
}

static const struct hook hooks[] = {
    HOOK(RegOpenKeyExW),   HOOK(RegCreateKeyExW), HOOK(RegCloseKey),        HOOK(RegSetValueExW),
    HOOK(RegSetKeyValueW), HOOK(RegDeleteValueW), HOOK(RegDeleteKeyValueW), HOOK(RegDeleteKeyW),
    HOOK(RegDeleteKeyExW), HOOK(RegDeleteTreeW),  HOOK(RegFlushKey),
};
const struct hook_list registry_hooks = {hooks, ARRAYSIZE(hooks)};
