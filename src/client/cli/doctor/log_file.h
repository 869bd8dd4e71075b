/* SPDX-License-Identifier: MIT */
/* log_file.h: the logs of openvpn.exe where `gatehouse connect` puts them, in the user's own folder
 * %LOCALAPPDATA%\Gatehouse\log. */
#ifndef CLIENT_DOCTOR_LOG_FILE_H
#define CLIENT_DOCTOR_LOG_FILE_H

#include "client/cli/doctor/findings.h"

#include <stdint.h>
#include <uchar.h>

enum { FILE_NAME_UNITS = 1024 };

/* The path of the one that was written last. Returns 0 or a Win32 error. */
uint32_t log_file_find_last(char16_t path[FILE_NAME_UNITS]);

/* Its last lines, at most 256 KiB of them. */
uint32_t log_file_read(const char16_t *path, const struct sink *sink);

#endif
