/* SPDX-License-Identifier: MIT */
/* arguments.h: the command line of gatehouse.exe, read by tables of options. */
#ifndef CLIENT_ARGUMENTS_H
#define CLIENT_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

enum { TIMEOUT_DEFAULT = 120, TIMEOUT_MAX = 86400, INSTANCE_MAX = 64 }; /* seconds; units */

/* Texts point into argv, or are NULL where the option was not given. */
struct arguments {
    bool help;
    bool json;
    bool until_stdin_closes;
    bool log_append;
    const char16_t *instance; /* never NULL: "" is the default instance */
    const char16_t *log;
    const char16_t *user;
    uint32_t timeout_seconds; /* 0: none */
    const char16_t *operand;  /* the config file, or what help is about */
    char16_t **more;          /* options for openvpn, in their order; the caller's array */
    size_t more_count;
};

/* What is wrong with a command line: "unknown option", and the argument that it is about. */
struct arguments_problem {
    const char *what;
    const char16_t *about;
};

/* Which options a command knows. */
enum arguments_command {
    ARGUMENTS_CONNECT = 1,
    ARGUMENTS_VERSION = 2,
    ARGUMENTS_HELP = 4,
};

/* Reads the `count` arguments behind the command's name. `more` has room for `count` pointers. For
 * connect, options that are not ours and everything behind "--" go to openvpn once the config file
 * has been named. False, with *problem, when they make no sense. */
bool arguments_read(enum arguments_command command, size_t count, char16_t **items, char16_t **more,
                    struct arguments *arguments, struct arguments_problem *problem);

#endif
