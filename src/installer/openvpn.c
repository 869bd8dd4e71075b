/* SPDX-License-Identifier: MIT */
#include "installer/openvpn.h"

static uint32_t read_openvpn_value(const char16_t *name, char16_t value[PACKAGE_VALUE_UNITS])
{
    DWORD size = PACKAGE_VALUE_UNITS * sizeof(*value);
    return (uint32_t)RegGetValueW(HKEY_LOCAL_MACHINE, OPENVPN_KEY, name,
                                  RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY, NULL, value, &size);
}

uint32_t openvpn_find(char16_t folder[PACKAGE_VALUE_UNITS])
{
    char16_t program[PACKAGE_VALUE_UNITS];
    uint32_t error = read_openvpn_value(NULL, folder);
    if (error)
        return error;
    struct text path = TEXT_ON(program);
    const size_t length = text_length(folder);
    if (length && length + 1 < PACKAGE_VALUE_UNITS && folder[length - 1] != '\\') {
        folder[length] = '\\';
        folder[length + 1] = 0;
    }
    if (read_openvpn_value(u"exe_path", program)) {
        text_append(&path, folder);
        text_append(&path, u"bin\\openvpn.exe");
    }
    return GetFileAttributesW(program) == INVALID_FILE_ATTRIBUTES ? GetLastError() : 0;
}
