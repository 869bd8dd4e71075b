/* SPDX-License-Identifier: MIT */
#include "network/win32/rows.h"

#include "base/text.h"

#include <string.h>

enum { BY_ALIAS = 0xffffffff, ALIAS_UNITS = NDIS_IF_MAX_STRING_SIZE + 1 };

static uint32_t find_by_alias(const char *alias, NET_LUID *luid)
{
    char16_t units[ALIAS_UNITS];
    size_t length = text_from_utf8(alias, strlen(alias), units, ALIAS_UNITS - 1);

    if (length == 0 || length >= ALIAS_UNITS)
        return ERROR_INVALID_PARAMETER;
    units[length] = 0;
    return ConvertInterfaceAliasToLuid(units, luid);
}

uint32_t win32_find_interface(struct network *self, uint32_t index, const char *alias,
                              uint64_t *luid)
{
    NET_LUID found = {.Value = 0};
    uint32_t error;

    (void)self;
    if (index == (uint32_t)BY_ALIAS)
        error = find_by_alias(alias, &found);
    else
        error = ConvertInterfaceIndexToLuid(index, &found);
    if (!error)
        *luid = found.Value;
    return error;
}
