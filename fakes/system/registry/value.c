/* SPDX-License-Identifier: MIT */
#include "value.h"

#include <string.h>
#include <windows.h>

static const struct {
    uint32_t type;
    const char *name;
} types[] = {
    {REG_NONE, "REG_NONE"},         {REG_SZ, "REG_SZ"},       {REG_EXPAND_SZ, "REG_EXPAND_SZ"},
    {REG_BINARY, "REG_BINARY"},     {REG_DWORD, "REG_DWORD"}, {REG_LINK, "REG_LINK"},
    {REG_MULTI_SZ, "REG_MULTI_SZ"}, {REG_QWORD, "REG_QWORD"},
};

const char *value_type_name(uint32_t type)
{
    for (size_t i = 0; i < ARRAYSIZE(types); i++)
        if (types[i].type == type)
            return types[i].name;
    return NULL;
}

uint32_t value_type_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAYSIZE(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    return UINT32_MAX;
}

static enum value_shape text_shape(const wchar_t *text, size_t units)
{
    size_t length = 0;
    while (length < units && text[length])
        length++;
    return length + 1 == units ? VALUE_TEXT : VALUE_RAW;
}

static enum value_shape list_shape(const wchar_t *text, size_t units)
{
    /* Windows' own programs write an empty list in each of these ways. */
    if (units <= 2 && (units < 1 || !text[0]) && (units < 2 || !text[1]))
        return VALUE_LIST;
    if (units < 2 || text[units - 1] || text[units - 2] || !text[0])
        return VALUE_RAW;
    for (size_t i = 1; i + 2 < units; i++)
        if (!text[i] && !text[i + 1])
            return VALUE_RAW;
    return VALUE_LIST;
}

enum value_shape value_shape(uint32_t type, const void *data, uint32_t size)
{
    size_t units = size / sizeof(wchar_t);
    if (type == REG_DWORD)
        return size == sizeof(uint32_t) ? VALUE_NUMBER : VALUE_RAW;
    if (size % sizeof(wchar_t))
        return VALUE_RAW;
    if (type == REG_SZ || type == REG_EXPAND_SZ)
        return text_shape(data, units);
    if (type == REG_MULTI_SZ)
        return list_shape(data, units);
    return VALUE_RAW;
}

const wchar_t *value_list_first(const void *data, uint32_t size)
{
    const wchar_t *text = data;
    return size >= sizeof(*text) && *text ? text : NULL;
}

const wchar_t *value_list_next(const wchar_t *text)
{
    text += wcslen(text) + 1;
    return *text ? text : NULL;
}
