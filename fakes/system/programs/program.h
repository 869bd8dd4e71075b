/* SPDX-License-Identifier: MIT */
/* program.h: what the fake programs share.
 *
 * A program is in a sub-folder of the fakes' folder (or is started by a program next to the fakes).
 * It records "ProgramStart" at once, with all its arguments, and "netsh", "ipconfig", "tapctl" or
 * "msiexec" with its exit code as the result at its end. The latter can be made to fail with an
 * exit code and without effect, to block before or after the effect, or to die, like any other call
 * (faults.h). */
#ifndef FAKES_PROGRAMS_PROGRAM_H
#define FAKES_PROGRAMS_PROGRAM_H

#include "watch.h"

#include <windows.h>

/* Executes the arguments (without the program's name); returns the exit code. */
typedef uint32_t program_main(int count, wchar_t **arguments);

/* The whole program: what wmain() returns. */
int program_run(enum call call, int count, wchar_t **arguments, program_main *run);

/* Prints to the standard output, if there is one, in UTF-8. */
void program_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
