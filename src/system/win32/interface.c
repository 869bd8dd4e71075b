/* SPDX-License-Identifier: MIT */
#include "system/win32/rows.h"

#include "base/text.h"

#include <string.h>
#include <wchar.h>

enum { BY_ALIAS = 0xffffffff };

_Static_assert((int)ALIAS_UNITS == (int)NDIS_IF_MAX_STRING_SIZE + 1, "see network.h");

static uint32_t interface_find_by_alias(const char *alias, NET_LUID *luid)
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
        error = interface_find_by_alias(alias, &found);
    else
        error = ConvertInterfaceIndexToLuid(index, &found);
    if (!error)
        *luid = found.Value;
    return error;
}

uint32_t win32_get_index(struct network *self, uint64_t interface_luid, uint32_t *index)
{
    const NET_LUID luid = {.Value = interface_luid};
    NET_IFINDEX found = 0;
    uint32_t error = ConvertInterfaceLuidToIndex(&luid, &found);
    (void)self;
    if (!error)
        *index = found;
    return error;
}

uint32_t win32_get_guid(struct network *self, uint64_t interface_luid, char16_t guid[GUID_UNITS])
{
    const NET_LUID luid = {.Value = interface_luid};
    GUID id;
    uint32_t error = ConvertInterfaceLuidToGuid(&luid, &id);
    (void)self;
    if (error == ERROR_INVALID_PARAMETER)
        return ERROR_FILE_NOT_FOUND; /* the one error that Microsoft documents */
    if (error)
        return error;
    struct text text = text_on(guid, GUID_UNITS);
    text_append_format(&text, "{%08lX-%04X-%04X-%02X%02X-", id.Data1, id.Data2, id.Data3,
                       id.Data4[0], id.Data4[1]);
    for (size_t i = 2; i < sizeof(id.Data4); i++)
        text_append_format(&text, "%02X", id.Data4[i]);
    text_append(&text, u"}");
    return 0;
}

uint32_t win32_get_alias(struct network *self, uint64_t interface_luid, char16_t alias[ALIAS_UNITS])
{
    const NET_LUID luid = {.Value = interface_luid};
    uint32_t error = ConvertInterfaceLuidToAlias(&luid, alias, ALIAS_UNITS);
    (void)self;
    return error == ERROR_INVALID_PARAMETER ? (uint32_t)ERROR_FILE_NOT_FOUND : error;
}

static bool interface_parse_guid(const char16_t *text, GUID *guid)
{
    unsigned last[8];
    if (swscanf(text, L"{%8lx-%4hx-%4hx-%2x%2x-%2x%2x%2x%2x%2x%2x}", &guid->Data1, &guid->Data2,
                &guid->Data3, &last[0], &last[1], &last[2], &last[3], &last[4], &last[5], &last[6],
                &last[7]) != 11)
        return false;
    for (size_t i = 0; i < sizeof(guid->Data4); i++)
        guid->Data4[i] = (unsigned char)last[i];
    return true;
}

bool win32_is_connected(struct network *self, const char16_t *guid)
{
    GUID id;
    MIB_IF_ROW2 row;
    (void)self;
    memset(&row, 0, sizeof(row));
    return interface_parse_guid(guid, &id) &&
           ConvertInterfaceGuidToLuid(&id, &row.InterfaceLuid) == NO_ERROR &&
           GetIfEntry2(&row) == NO_ERROR && row.MediaConnectState == MediaConnectStateConnected &&
           row.OperStatus == IfOperStatusUp;
}
