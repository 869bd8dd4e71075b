/* SPDX-License-Identifier: MIT */
/* console.h: plain words to whoever ran the executable by hand. */
#ifndef SERVICE_ADMIN_CONSOLE_H
#define SERVICE_ADMIN_CONSOLE_H

#include <uchar.h>

/* Writes `format` with its arguments, as FormatMessage takes them: a UTF-16 text for %1, an
 * unsigned number for %2!u!, and so on. To a console as UTF-16, else as UTF-8. */
void say(const char16_t *format, ...);

#endif
