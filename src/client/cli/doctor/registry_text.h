/* SPDX-License-Identifier: MIT */
/* registry_text.h: texts in the registry, for people to see. */
#ifndef CLIENT_DOCTOR_REGISTRY_TEXT_H
#define CLIENT_DOCTOR_REGISTRY_TEXT_H

#include <stdint.h>
#include <uchar.h>
#include <windows.h>

enum { REGISTRY_TEXT_UNITS = 512 };

/* A text, or the first of a list, of a key below HKEY_LOCAL_MACHINE in the 64-bit view. What is too
 * long is cut off. Returns 0 or a Win32 error, with an empty text: ERROR_FILE_NOT_FOUND. */
uint32_t registry_text_read(const char16_t *path, const char16_t *name,
                            char16_t text[REGISTRY_TEXT_UNITS]);

#endif
