/* SPDX-License-Identifier: MIT */
/* The names of an interface. Errors as Windows gives them: an unknown index, LUID or GUID is
 * ERROR_FILE_NOT_FOUND, an unknown alias ERROR_INVALID_PARAMETER. */
#include "rows.h"

DWORD WINAPI ConvertInterfaceIndexToLuid(NET_IFINDEX index, NET_LUID *luid)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_ConvertInterfaceIndexToLuid);
    record_number(&watch.record, "index", index);
    if (!error && !luid)
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return watch_end(&watch, error);
    machine_lock(MODEL);
    const struct interface_row *row = index ? machine_interface(MODEL, 0, index) : NULL;
    luid->Value = row ? row->luid : 0;
    machine_unlock(MODEL);
    return watch_end(&watch, row ? 0 : ERROR_FILE_NOT_FOUND);
}

DWORD WINAPI ConvertInterfaceLuidToIndex(const NET_LUID *luid, NET_IFINDEX *index)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_ConvertInterfaceLuidToIndex);
    if (!error && (!luid || !index))
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return watch_end(&watch, error);
    machine_lock(MODEL);
    const struct interface_row *row = luid->Value ? machine_interface(MODEL, luid->Value, 0) : NULL;
    *index = row ? row->index : 0;
    machine_unlock(MODEL);
    record_number(&watch.record, "index", *index);
    return watch_end(&watch, row ? 0 : ERROR_FILE_NOT_FOUND);
}

DWORD WINAPI ConvertInterfaceAliasToLuid(const WCHAR *alias, NET_LUID *luid)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_ConvertInterfaceAliasToLuid);
    record_wide(&watch.record, "alias", alias);
    if (!error && (!alias || !*alias || !luid))
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return watch_end(&watch, error);
    machine_lock(MODEL);
    const struct interface_row *row = machine_interface_by_alias(MODEL, alias);
    luid->Value = row ? row->luid : 0;
    machine_unlock(MODEL);
    return watch_end(&watch, row ? 0 : ERROR_INVALID_PARAMETER);
}

DWORD WINAPI ConvertInterfaceLuidToAlias(const NET_LUID *luid, WCHAR *alias, SIZE_T length)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_ConvertInterfaceLuidToAlias);
    if (!error && (!luid || !alias || !luid->Value))
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return watch_end(&watch, error);
    machine_lock(MODEL);
    const struct interface_row *row = machine_interface(MODEL, luid->Value, 0);
    record_interface(&watch.record, row);
    if (!row)
        error = ERROR_INVALID_PARAMETER;
    else if (wcslen(row->alias) >= length)
        error = ERROR_NOT_ENOUGH_MEMORY;
    else
        wcscpy(alias, row->alias);
    machine_unlock(MODEL);
    return watch_end(&watch, error);
}

DWORD WINAPI ConvertInterfaceLuidToGuid(const NET_LUID *luid, GUID *guid)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_ConvertInterfaceLuidToGuid);
    if (!error && (!luid || !guid))
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return watch_end(&watch, error);
    machine_lock(MODEL);
    const struct interface_row *row = luid->Value ? machine_interface(MODEL, luid->Value, 0) : NULL;
    record_interface(&watch.record, row);
    *guid = (GUID){0};
    if (row)
        memcpy(guid, row->guid, sizeof(*guid));
    machine_unlock(MODEL);
    /* the one error that Microsoft documents, "ConvertInterfaceLuidToGuid" */
    return watch_end(&watch, row ? 0 : ERROR_INVALID_PARAMETER);
}

DWORD WINAPI ConvertInterfaceGuidToLuid(const GUID *guid, NET_LUID *luid)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_ConvertInterfaceGuidToLuid);
    if (!error && (!guid || !luid))
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return watch_end(&watch, error);
    machine_lock(MODEL);
    const struct interface_row *row = machine_interface_by_guid(MODEL, (const uint8_t *)guid);
    record_interface(&watch.record, row);
    luid->Value = row ? row->luid : 0;
    machine_unlock(MODEL);
    return watch_end(&watch, row ? 0 : ERROR_FILE_NOT_FOUND);
}
