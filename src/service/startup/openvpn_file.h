/* SPDX-License-Identifier: MIT */
/* openvpn_file.h: finds out from the file openvpn.exe which message layout it uses. */
#ifndef SERVICE_STARTUP_OPENVPN_FILE_H
#define SERVICE_STARTUP_OPENVPN_FILE_H

#include "wire/message.h"

#include <uchar.h>

/* The layout to start with: the dialect by the product version of the file's version resource
 * (unknown without one, or if it is none of OpenVPN's, 2.4 and later), the machine by its PE
 * header. Read anew for each session, because the file may be updated while the service runs. */
struct message_layout openvpn_file_layout(const char16_t *path);

#endif
