/* SPDX-License-Identifier: MIT */
#include "registry_keys.h"
#include "value.h"

#include <stdlib.h>

/* Handles are multiples of four; keys beyond this table are not watched. */
enum { REMEMBERED_KEYS = 65536 };

static wchar_t *key_names[REMEMBERED_KEYS];

static wchar_t **key_name(HKEY key)
{
    ULONG_PTR number = (ULONG_PTR)key / 4;
    return number < REMEMBERED_KEYS ? &key_names[number] : NULL;
}

static const wchar_t *name_of(HKEY key)
{
    wchar_t **place = key_name(key);
    if (key == HKEY_LOCAL_MACHINE)
        return L"";
    return place ? *place : NULL;
}

void key_find(HKEY key, const wchar_t *subkey, struct key_target *target)
{
    const wchar_t *parent = name_of(key);
    target->place = REGISTRY_ELSEWHERE;
    target->root = key;
    target->path = subkey;
    if (!parent || !registry_join(parent, subkey, target->name))
        return;
    target->place = registry_place(target->name);
    /* A handle of a watched key is already one of the store. */
    if (target->place != REGISTRY_INSIDE || registry_place(parent) == REGISTRY_INSIDE)
        return;
    registry_store_path(watched_machine.folder, target->store);
    wcscat(target->store, L"\\");
    wcscat(target->store, target->name);
    target->root = HKEY_LOCAL_MACHINE;
    target->path = target->store;
}

const wchar_t *key_watched(HKEY key)
{
    const wchar_t *name = name_of(key);
    return name && registry_place(name) == REGISTRY_INSIDE ? name : NULL;
}

static void set_name(HKEY key, wchar_t *name)
{
    wchar_t **place = key_name(key);
    free(place ? InterlockedExchangePointer((void **)place, name) : name);
}

void key_remember(HKEY key, const struct key_target *target)
{
    set_name(key, target->place == REGISTRY_ELSEWHERE ? NULL : _wcsdup(target->name));
}

void key_forget(HKEY key)
{
    set_name(key, NULL);
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
