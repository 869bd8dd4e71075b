/* SPDX-License-Identifier: MIT */
/* local_time.h: a time for people, in the time zone of this computer. */
#ifndef CLIENT_CLI_LOCAL_TIME_H
#define CLIENT_CLI_LOCAL_TIME_H

#include <stdint.h>

enum { LOCAL_TIME_SIZE = 32 };

/* "2031-02-03 04:05:06" of seconds since the beginning of 1970, UTC; "-": Windows has no such time.
 * Returns `text`. */
char *local_time(uint64_t seconds, char text[LOCAL_TIME_SIZE]);

/* The same, valid until the end of the enclosing block. */
#define LOCAL_TIME(seconds) local_time((seconds), (char[LOCAL_TIME_SIZE]){0})

#endif
