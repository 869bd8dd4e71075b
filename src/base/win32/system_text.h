/* SPDX-License-Identifier: MIT */
/* system_text.h: Windows' words for its errors. */
#ifndef BASE_WIN32_SYSTEM_TEXT_H
#define BASE_WIN32_SYSTEM_TEXT_H

#include "base/text.h"

enum { SYSTEM_TEXT_UNITS = 256 };

/* Windows' message for `error`, in the system's language and with its line end, or NULL when there
 * is none. `text` is the buffer for it. */
const char16_t *system_text(uint32_t error, char16_t text[SYSTEM_TEXT_UNITS]);

/* Appends "<Windows' message> (0x<code>)", without a line end. */
void system_text_append(struct text *text, uint32_t error);

#endif
