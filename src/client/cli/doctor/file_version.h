/* SPDX-License-Identifier: MIT */
/* file_version.h: what a program's file says of itself in its version resource. */
#ifndef CLIENT_DOCTOR_FILE_VERSION_H
#define CLIENT_DOCTOR_FILE_VERSION_H

#include <stdint.h>
#include <uchar.h>

enum { FILE_VERSION_UNITS = 128 };

/* Each is empty when the file does not say it. */
struct file_version {
    char16_t product[FILE_VERSION_UNITS];       /* ProductName */
    char16_t version[FILE_VERSION_UNITS];       /* FileVersion, or the number if there is no text */
    char16_t internal_name[FILE_VERSION_UNITS]; /* InternalName */
};

/* Returns 0 or the Win32 error of Windows' look at the resource. */
uint32_t file_version_read(const char16_t *path, struct file_version *version);

#endif
