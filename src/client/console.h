/* SPDX-License-Identifier: MIT */
/* console.h: standard output and error, whether a console or redirected; and the user's wish to
 * end. */
#ifndef CLIENT_CONSOLE_H
#define CLIENT_CONSOLE_H

#include <stddef.h>
#include <uchar.h>

enum console_stream { CONSOLE_OUTPUT, CONSOLE_ERROR };

/* UTF-8 in; a console shows it as it is, a file or pipe gets these bytes. */
void console_write(enum console_stream stream, const char *utf8, size_t size);

/* At most 4 KiB; a longer text is cut. */
void console_print(enum console_stream stream, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Copies `text` as UTF-8, zero-terminated, cut to `capacity`. Returns `utf8`. */
char *console_utf8(const char16_t *text, char *utf8, size_t capacity);

/* Copies foreign bytes for people to see: well-formed UTF-8, without control characters, which
 * would command a terminal. Zero-terminated, cut to `capacity`. Returns `clean`. */
char *console_clean(const char *foreign, char *clean, size_t capacity);

/* From here on Ctrl-C, Ctrl-Break, closing the window and logging off signal the event (a HANDLE)
 * that is returned, NULL when Windows refuses. When Windows itself ends the program soon after, it
 * waits, at most the few seconds it gives us, for console_ended(). */
void *console_watch_for_end(void);
void console_ended(void);

#endif
