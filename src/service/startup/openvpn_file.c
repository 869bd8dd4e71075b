/* SPDX-License-Identifier: MIT */
#include "service/startup/openvpn_file.h"

#include "base/bytes.h"
#include "base/win32/handles.h"

static enum dialect openvpn_file_dialect(const char16_t *path)
{
    DWORD ignored;
    DWORD size = GetFileVersionInfoSizeW(path, &ignored);
    CLEANUP_FREE void *resource = size ? malloc(size) : NULL;
    VS_FIXEDFILEINFO *fixed = NULL;
    UINT fixed_size = 0;
    if (!resource || !GetFileVersionInfoW(path, 0, size, resource) ||
        !VerQueryValueW(resource, u"\\", (void **)&fixed, &fixed_size) ||
        fixed_size < sizeof(*fixed))
        return DIALECT_UNKNOWN;

    /* High word: major, low word: minor. Products made from OpenVPN may have numbers of their own,
     * which say nothing. */
    enum { VERSION_2_4 = 2 << 16 | 4, VERSION_2_7 = 2 << 16 | 7, VERSION_3 = 3 << 16 };
    const DWORD version = fixed->dwProductVersionMS;
    if (version < VERSION_2_4 || version >= VERSION_3)
        return DIALECT_UNKNOWN;
    return version >= VERSION_2_7 ? DIALECT_2_7 : DIALECT_UP_TO_2_6;
}

static bool read_file_at(HANDLE file, uint32_t offset, unsigned char *bytes, uint32_t size)
{
    OVERLAPPED at = {.Offset = offset};
    DWORD got;
    return ReadFile(file, bytes, size, &got, &at) && got == size;
}

/* PE format: the word at 0x3c of the file is the offset of "PE\0\0", which the machine follows.
 * 64-bit ARM lays structs out as x64 does. */
static enum machine openvpn_file_machine(const char16_t *path)
{
    enum { OFFSET_OF_HEADER = 0x3c, MACHINE_IN_HEADER = 4 };
    CLEANUP_HANDLE HANDLE file =
        CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, 0, NULL);
    unsigned char word[4];
    if (file == INVALID_HANDLE_VALUE || !read_file_at(file, OFFSET_OF_HEADER, word, 4) ||
        !read_file_at(file, load_u32(word) + MACHINE_IN_HEADER, word, 2))
        return MACHINE_X64;
    return load_u16(word) == IMAGE_FILE_MACHINE_I386 ? MACHINE_X86 : MACHINE_X64;
}

struct message_layout openvpn_file_layout(const char16_t *path)
{
    return (struct message_layout){.machine = openvpn_file_machine(path),
                                   .dialect = openvpn_file_dialect(path)};
}
