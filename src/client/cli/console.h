/* SPDX-License-Identifier: MIT */
/* console.h: writes to standard output and error, whether a console or redirected, and watches for
 * the user's request to end. */
#ifndef CLIENT_CONSOLE_H
#define CLIENT_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <uchar.h>

enum console_stream { CONSOLE_OUTPUT, CONSOLE_ERROR };

/* Writes UTF-8: as text to a console, as these bytes to a file or pipe. */
void console_write(enum console_stream stream, const char *utf8, size_t size);

/* printf(); a text longer than 4 KiB is cut off. */
void console_print(enum console_stream stream, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Copies foreign bytes for people to see: well-formed UTF-8, without control characters, which
 * would command a terminal. Zero-terminated, cut to `capacity`. Returns `clean`. */
char *console_clean(const char *foreign, char *clean, size_t capacity);

/* Whether standard output is a window, where a line can be written over. */
bool console_is_window(void);

/* Makes the window of standard output empty. Returns false if that is no window. */
bool console_clear(void);

/* Returns an event (a HANDLE) that Ctrl-C, Ctrl-Break, closing the window and logging off set from
 * now on; NULL, with GetLastError(), on an error. After closing the window and at log-off Windows
 * ends the program soon; until then the handler waits for console_ended(). */
void *console_watch_for_end(void);
/* From now on closing the window and logging off end this program at once, without the event. */
void console_end_with_window(void);
/* The connection has ended. */
void console_ended(void);

#endif
