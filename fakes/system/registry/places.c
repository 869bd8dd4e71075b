/* SPDX-License-Identifier: MIT */
#include "places.h"

#include <windows.h>

const wchar_t *const registry_roots[REGISTRY_ROOTS] = {
    REGISTRY_POLICY, REGISTRY_CLASS,  REGISTRY_NETWORK, REGISTRY_DNSCACHE,
    REGISTRY_NETBT,  REGISTRY_TCPIP6, REGISTRY_TCPIP,
};

/* The length of the common beginning of `path` and `root`, without letter case. */
static size_t common_length(const wchar_t *path, const wchar_t *root)
{
    size_t length = 0;
    while (path[length] && root[length]) {
        wchar_t a = path[length], b = root[length];
        /* Roots are plain ASCII. */
        if (a != b && ((a | 0x20) != (b | 0x20) || (a | 0x20) < L'a' || (a | 0x20) > L'z'))
            break;
        length++;
    }
    return length;
}

/* The root determines whether the path is inside it or above it. */
static enum registry_place place_by_root(const wchar_t *path, const wchar_t *root)
{
    size_t length = common_length(path, root);
    if (!root[length] && (!path[length] || path[length] == L'\\'))
        return REGISTRY_INSIDE;
    if (!path[length] && (!length || root[length] == L'\\'))
        return REGISTRY_ABOVE;
    return REGISTRY_ELSEWHERE;
}

enum registry_place registry_place(const wchar_t *path)
{
    enum registry_place place = REGISTRY_ELSEWHERE;
    for (size_t i = 0; i < REGISTRY_ROOTS && place != REGISTRY_INSIDE; i++) {
        enum registry_place found = place_by_root(path, registry_roots[i]);
        if (found > place)
            place = found;
    }
    return place;
}

static bool append_component(wchar_t path[REGISTRY_PATH], size_t *length, const wchar_t *text)
{
    for (; text && *text; text++) {
        bool separator = *text == L'\\';
        if (separator && (!*length || path[*length - 1] == L'\\'))
            continue;
        if (*length + 2 > REGISTRY_PATH)
            return false;
        path[(*length)++] = *text;
    }
    return true;
}

bool registry_join(const wchar_t *parent, const wchar_t *child, wchar_t path[REGISTRY_PATH])
{
    size_t length = 0;
    if (!append_component(path, &length, parent) || !append_component(path, &length, L"\\") ||
        !append_component(path, &length, child))
        return false;
    if (length && path[length - 1] == L'\\')
        length--;
    path[length] = L'\0';
    for (size_t i = 0; i < REGISTRY_ROOTS; i++)
        if (place_by_root(path, registry_roots[i]) == REGISTRY_INSIDE)
            memcpy(path, registry_roots[i], wcslen(registry_roots[i]) * sizeof(*path));
    return true;
}

static void path_of(const wchar_t *stores, const wchar_t *folder, wchar_t path[REGISTRY_PATH])
{
    size_t length = wcslen(stores);
    wcscpy(path, stores);
    for (; *folder && length < REGISTRY_PATH - 1; folder++)
        path[length++] = *folder == L'\\' ? L'/' : *folder;
    path[length] = L'\0';
}

void registry_store_path(const wchar_t *folder, wchar_t path[REGISTRY_PATH])
{
    path_of(L"SYSTEM\\GatehouseFakes\\", folder, path);
}

void registry_volatile_path(const wchar_t *folder, wchar_t path[REGISTRY_PATH])
{
    path_of(L"SYSTEM\\GatehouseFakesVolatile\\", folder, path);
}
