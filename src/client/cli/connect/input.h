/* SPDX-License-Identifier: MIT */
/* input.h: reads lines from standard input in a thread of its own, so that nothing else waits for
 * the user.
 *
 * From a console it reads one line for each question. From a pipe or file it reads lines as they
 * arrive and keeps them, so that a script may write its answers in advance. Lines are secrets and
 * are wiped when they have been taken. There is one input in a process. */
#ifndef CLIENT_INPUT_H
#define CLIENT_INPUT_H

#include <stdbool.h>
#include <stdint.h>

enum { INPUT_LINE_MAX = 511 /* bytes of UTF-8; a longer line is cut */ };

/* Starts the thread if it does not run yet. Returns 0 or a Win32 code. */
uint32_t input_start(void);

bool input_is_console(void);

/* HANDLEs of events; NULL before input_start(). The first is set while input_take() has a result,
 * the second after the end of the input, even if lines are left. */
void *input_event(void);
void *input_end_event(void);

/* If standard input is a console, shows `prompt` and reads a line, without echo for a secret. */
void input_ask(const char *prompt, bool secret);

enum input_result { INPUT_NOTHING, INPUT_LINE, INPUT_END };

/* Takes the next line, zero-terminated UTF-8 without a line end. INPUT_NOTHING: there is no line
 * yet; INPUT_END: the input has ended and no line is left. */
enum input_result input_take(char line[INPUT_LINE_MAX + 1]);

/* Enables the echo of the console again if input_ask() has disabled it. */
void input_restore(void);

#endif
