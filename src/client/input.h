/* SPDX-License-Identifier: MIT */
/* input.h: lines from standard input, read by a thread so that nothing else waits for a typist.
 *
 * From a console one line is read for each question. From a pipe or file lines are read as they
 * come and kept until they are asked for, so that a script may write its answers beforehand. Lines
 * are secrets: they are wiped once taken. One per process. */
#ifndef CLIENT_INPUT_H
#define CLIENT_INPUT_H

#include <stdbool.h>
#include <stdint.h>

enum { INPUT_LINE_MAX = 511 /* bytes of UTF-8; a longer line is cut */ };

/* Starts reading, unless that was done already. Returns 0 or a Win32 code. */
uint32_t input_start(void);

bool input_is_console(void);

/* HANDLEs that are signalled while input_take() has something to give, and from the end of the
 * input on, whatever lines are left. NULL before input_start(). */
void *input_event(void);
void *input_end_event(void);

/* Shows `prompt` when a person sits there, without echo for a secret, and wants a line. */
void input_ask(const char *prompt, bool secret);

enum input_result { INPUT_NOTHING, INPUT_LINE, INPUT_END };

/* `line` is zero-terminated UTF-8 without a line end. INPUT_END once no line is left and none will
 * come. */
enum input_result input_take(char line[INPUT_LINE_MAX + 1]);

/* Puts the console's echo back. Harmless at any time. */
void input_restore(void);

#endif
