/* SPDX-License-Identifier: MIT */
/* console.h: messages to whoever has run the executable by hand. */
#ifndef SERVICE_ADMIN_CONSOLE_H
#define SERVICE_ADMIN_CONSOLE_H

#include <uchar.h>

/* Prints `format` with its arguments, as FormatMessage takes them: a UTF-16 text for %1, an
 * unsigned number for %2!u!, and so on. A console gets UTF-16, a file or pipe UTF-8. */
void say(const char16_t *format, ...);

#endif
