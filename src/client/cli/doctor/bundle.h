/* SPDX-License-Identifier: MIT */
/* bundle.h: one text file for whoever is to help: what the doctor has found, the sessions, the last
 * events, and the end of the last log of openvpn.exe; without what nobody else is to read
 * (redact.h). */
#ifndef CLIENT_DOCTOR_BUNDLE_H
#define CLIENT_DOCTOR_BUNDLE_H

#include "client/cli/doctor/doctor.h"

/* Returns 0 or a Win32 error: ERROR_FILE_EXISTS, because no file is overwritten. A file that can't
 * be written to its end is deleted. */
uint32_t bundle_write(const char16_t *path, const struct doctor *doctor,
                      const struct findings *findings);

#endif
