/* SPDX-License-Identifier: MIT */
/* console.h: plain words to whoever ran the executable by hand. */
#ifndef SERVICE_CONSOLE_H
#define SERVICE_CONSOLE_H

#include <uchar.h>

/* Writes `format` with every %1, %2, ... replaced by the next argument (UTF-16 texts, as many as
 * the format names, then NULL). To a console as UTF-16, else as UTF-8. */
void say(const char16_t *format, ...);

#endif
