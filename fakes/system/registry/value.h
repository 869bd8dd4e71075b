/* SPDX-License-Identifier: MIT */
/* value.h: registry data as text. A string without its terminator, or with data after it, does not
 * count as a string, so that tests detect programs that write one. */
#ifndef FAKES_REGISTRY_VALUE_H
#define FAKES_REGISTRY_VALUE_H

#include <stdint.h>
#include <wchar.h>

enum value_shape {
    VALUE_TEXT,   /* REG_SZ, REG_EXPAND_SZ: one terminator, at the end */
    VALUE_LIST,   /* REG_MULTI_SZ: none of the strings empty, all terminated, one more terminator */
    VALUE_NUMBER, /* REG_DWORD of 4 bytes */
    VALUE_RAW     /* anything else */
};

enum value_shape value_shape(uint32_t type, const void *data, uint32_t size);

/* "REG_SZ"; NULL when the type has no name. */
const char *value_type_name(uint32_t type);
/* UINT32_MAX when there is no such type. */
uint32_t value_type_by_name(const char *name);

/* The string of a list behind `text`; NULL at its end. Begin with value_list_first(). */
const wchar_t *value_list_first(const void *data, uint32_t size);
const wchar_t *value_list_next(const wchar_t *text);

#endif
