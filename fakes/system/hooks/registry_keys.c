/* SPDX-License-Identifier: MIT */
#include "registry_keys.h"
#include "value.h"

#include <stdlib.h>

/* Handles are multiples of four; keys beyond this table are not watched. */
enum { REMEMBERED_KEYS = 65536 };

struct known_key {
    bool watched;
    wchar_t name[];
};

static struct known_key *known_keys[REMEMBERED_KEYS];
static const struct known_key local_machine = {.name = L""};

static struct known_key **place_of(HKEY key)
{
    ULONG_PTR number = (ULONG_PTR)key / 4;
    return number < REMEMBERED_KEYS ? &known_keys[number] : NULL;
}

static const struct known_key *known(HKEY key)
{
    struct known_key **place = place_of(key);
    if (key == HKEY_LOCAL_MACHINE)
        return &local_machine;
    return place ? *place : NULL;
}

static void lead_to(struct key_target *target, void (*store)(const wchar_t *, wchar_t *))
{
    store(watched_machine.folder, target->store);
    wcscat(target->store, L"\\");
    wcscat(target->store, target->name);
    target->root = HKEY_LOCAL_MACHINE;
    target->path = target->store;
    target->watched = true;
}

static bool exists(HKEY root, const wchar_t *path)
{
    HKEY key;
    LSTATUS error = RegOpenKeyExW(root, path, 0, KEY_QUERY_VALUE, &key);
    if (!error)
        RegCloseKey(key);
    return error != ERROR_FILE_NOT_FOUND;
}

/* Redirects to the volatile key of that name, if there is one. The store also contains the keys
 * above it, which count only if there are no real ones. */
static void find_volatile(struct key_target *target)
{
    struct key_target found = *target;
    if (!watched_machine.image->volatile_keys || exists(target->root, target->path))
        return;
    lead_to(&found, registry_volatile_path);
    if (exists(found.root, found.store))
        lead_to(target, registry_volatile_path);
}

void key_find(HKEY key, const wchar_t *subkey, struct key_target *target)
{
    const struct known_key *parent = known(key);
    target->named = target->watched = false;
    target->root = key;
    target->path = subkey;
    if (!parent || !registry_join(parent->name, subkey, target->name))
        return;
    target->named = true;
    if (parent->watched) /* its handle is already one of the store */
        target->watched = true;
    else if (registry_place(target->name) == REGISTRY_INSIDE)
        lead_to(target, registry_store_path);
    else if (subkey && *subkey)
        find_volatile(target);
}

void key_make_volatile(struct key_target *target)
{
    if (!target->named || target->watched || exists(target->root, target->path))
        return;
    lead_to(target, registry_volatile_path);
    watched_machine.image->volatile_keys = 1;
}

const wchar_t *key_watched(HKEY key)
{
    const struct known_key *found = known(key);
    return found && found->watched ? found->name : NULL;
}

static void remember(HKEY key, struct known_key *found)
{
    struct known_key **place = place_of(key);
    free(place ? InterlockedExchangePointer((void **)place, found) : found);
}

void key_remember(HKEY key, const struct key_target *target)
{
    size_t size = (wcslen(target->name) + 1) * sizeof(*target->name);
    struct known_key *found = target->named ? malloc(sizeof(*found) + size) : NULL;
    if (found) {
        found->watched = target->watched;
        memcpy(found->name, target->name, size);
    }
    remember(key, found);
}

void key_forget(HKEY key)
{
    remember(key, NULL);
}

void record_key(struct record *record, const wchar_t *name)
{
    wchar_t text[REGISTRY_PATH + 8] = L"HKLM\\";
    wcscat(text, name);
    record_wide(record, "key", text);
}

static void record_raw(struct record *record, const uint8_t *bytes, DWORD size)
{
    char text[2 * 64 + 1];
    DWORD count = size < 64 ? size : 64;
    for (DWORD i = 0; i < count; i++) {
        text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    text[2 * count] = '\0';
    record_utf8(record, "raw", text);
    record_number(record, "size", size);
}

void record_value(struct record *record, DWORD type, const void *data, DWORD size)
{
    const char *name = value_type_name(type);
    record_utf8(record, "type", name ? name : "unknown");
    switch (value_shape(type, data, size)) {
    case VALUE_TEXT:
        record_wide(record, "data", data);
        break;
    case VALUE_NUMBER:
        record_number(record, "data", *(const uint32_t *)data);
        break;
    case VALUE_LIST:
        record_list(record, "data");
        for (const wchar_t *item = value_list_first(data, size); item; item = value_list_next(item))
            record_list_wide(record, item);
        record_list_end(record);
        break;
    default:
        record_raw(record, data, size);
    }
}
