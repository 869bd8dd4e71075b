/* SPDX-License-Identifier: MIT */
#include "installer/group.h"

#include <lm.h>

void group_make(MSIHANDLE package, const char16_t *name)
{
    LOCALGROUP_INFO_1 group = {
        .lgrpi1_name = (wchar_t *)name,
        .lgrpi1_comment = L"Members may use any OpenVPN option and configuration",
    };
    if (text_find(name, '\\')) {
        package_log(package, u"The group %1 is not of this machine, so it is not made", name);
        return;
    }
    const NET_API_STATUS error = NetLocalGroupAdd(NULL, 1, (BYTE *)&group, NULL);
    if (!error)
        package_log(package, u"The group %1 is made", name);
    else if (error == ERROR_ALIAS_EXISTS || error == NERR_GroupExists)
        package_log(package, u"The group %1 exists already", name);
    else
        package_log(package, u"The group %1 can't be made: error %2!u!", name, error);
}
