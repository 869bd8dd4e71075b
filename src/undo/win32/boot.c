/* SPDX-License-Identifier: MIT */
#include "undo/win32/boot.h"

#include "base/random.h"
#include "base/text.h"
#include "base/win32/handles.h"

#include <sddl.h>

enum { KEY_UNITS = 512 };

static const char16_t IDENTITY[] = u"Identity";
static const char16_t *const NOTES[] = {
    [BOOT_STARTS] = u"Starts",
};

/* <root>\Boot, and \<name> if there is one. */
static const char16_t *key_path(const char16_t *root, const char16_t *name,
                                char16_t path[KEY_UNITS])
{
    struct text text = text_on(path, KEY_UNITS);
    text_append(&text, root);
    text_append(&text, u"\\Boot");
    if (name) {
        text_append(&text, u"\\");
        text_append(&text, name);
    }
    return path;
}

static uint32_t make_key(const char16_t *path, DWORD options, REGSAM access,
                         SECURITY_ATTRIBUTES *security, HKEY *key)
{
    return (uint32_t)RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, options,
                                     access | KEY_WOW64_64KEY, security, key, NULL);
}

/* A key below a volatile one must be volatile itself, so the root is made first. */
static uint32_t make_boot_key(const char16_t *root, const char16_t *name, HKEY *key)
{
    CLEANUP_KEY HKEY lasting = NULL;
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    char16_t path[KEY_UNITS];
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(L"D:P(A;CI;KA;;;SY)(A;CI;KA;;;BA)",
                                                              SDDL_REVISION_1, &descriptor, NULL))
        return GetLastError();
    SECURITY_ATTRIBUTES security = {sizeof(security), descriptor, FALSE};
    uint32_t error = make_key(root, REG_OPTION_NON_VOLATILE, KEY_QUERY_VALUE, NULL, &lasting);
    return error ? error
                 : make_key(key_path(root, name, path), REG_OPTION_VOLATILE,
                            KEY_QUERY_VALUE | KEY_SET_VALUE, &security, key);
}

static uint32_t open_key(const char16_t *root, const char16_t *name, REGSAM access, HKEY *key)
{
    char16_t path[KEY_UNITS];
    return (uint32_t)RegOpenKeyExW(HKEY_LOCAL_MACHINE, key_path(root, name, path), 0,
                                   access | KEY_WOW64_64KEY, key);
}

static uint32_t read_number(HKEY key, const char16_t *name, DWORD wanted, void *number, DWORD size)
{
    DWORD type = 0, found = size;
    uint32_t error = (uint32_t)RegQueryValueExW(key, name, NULL, &type, number, &found);
    if (error == ERROR_MORE_DATA || (!error && (type != wanted || found != size)))
        return ERROR_INVALID_DATA;
    return error;
}

static uint32_t read_identity(HKEY key, uint64_t *boot)
{
    uint32_t error = read_number(key, IDENTITY, REG_QWORD, boot, sizeof(*boot));
    return !error && !*boot ? ERROR_INVALID_DATA : error;
}

static uint32_t make_identity(HKEY key, uint64_t *boot)
{
    do {
        if (!random_fill(boot, sizeof(*boot)))
            return ERROR_GEN_FAILURE;
    } while (!*boot);
    return (uint32_t)RegSetValueExW(key, IDENTITY, 0, REG_QWORD, (const BYTE *)boot, sizeof(*boot));
}

uint32_t boot_identity(const char16_t *root, const char16_t *name, uint64_t *boot)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = make_boot_key(root, name, &key);
    if (error)
        return error;
    error = read_identity(key, boot);
    return error == ERROR_FILE_NOT_FOUND || error == ERROR_INVALID_DATA ? make_identity(key, boot)
                                                                        : error;
}

uint32_t boot_identity_read(const char16_t *root, const char16_t *name, uint64_t *boot)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = open_key(root, name, KEY_QUERY_VALUE, &key);
    return error ? error : read_identity(key, boot);
}

uint32_t boot_note_write(const char16_t *root, const char16_t *name, enum boot_note note,
                         uint32_t number)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = open_key(root, name, KEY_SET_VALUE, &key);
    return error ? error
                 : (uint32_t)RegSetValueExW(key, NOTES[note], 0, REG_DWORD, (const BYTE *)&number,
                                            sizeof(number));
}

uint32_t boot_note_read(const char16_t *root, const char16_t *name, enum boot_note note)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t number = 0;
    if (open_key(root, name, KEY_QUERY_VALUE, &key) ||
        read_number(key, NOTES[note], REG_DWORD, &number, sizeof(number)))
        return 0;
    return number;
}

/* Windows deletes a key with its values, so these are counted first. */
static void delete_if_empty(const char16_t *path)
{
    DWORD keys = 1, values = 1;
    HKEY key;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key))
        return;
    LSTATUS error =
        RegQueryInfoKeyW(key, NULL, NULL, NULL, &keys, NULL, NULL, &values, NULL, NULL, NULL, NULL);
    RegCloseKey(key);
    if (!error && !keys && !values)
        RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
}

void boot_forget(const char16_t *root, const char16_t *name)
{
    char16_t path[KEY_UNITS];
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, key_path(root, name, path), KEY_WOW64_64KEY, 0);
    delete_if_empty(key_path(root, NULL, path));
    delete_if_empty(root);
}
