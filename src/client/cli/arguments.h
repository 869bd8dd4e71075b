/* SPDX-License-Identifier: MIT */
/* arguments.h: parses the command line of gatehouse.exe by a table of options. */
#ifndef CLIENT_ARGUMENTS_H
#define CLIENT_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

enum {
    TIMEOUT_DEFAULT = 120,
    TIMEOUT_MAX = 86400,
    INSTANCE_MAX = 64
}; /* seconds, seconds, UTF-16 units */

/* Texts point into argv; NULL: the option was not given. */
struct arguments {
    bool help;
    bool json;
    bool until_stdin_closes;
    bool detach;
    bool keep;
    bool watch;
    bool quiet;
    bool all;
    bool wait;
    bool log_append;
    bool kill_switch; /* the next three go with it */
    bool allow_lan;
    bool remote_ok;
    bool release;
    bool rules;
    bool check; /* the next three are update's */
    bool result;
    bool when_idle;
    const char16_t *instance; /* never NULL; "" is the default instance */
    const char16_t *log;
    const char16_t *user;
    const char16_t *report;
    const char16_t *name;
    const char16_t *for_config;
    uint32_t timeout_seconds; /* 0: no limit */
    const char16_t *operand;  /* a configuration, a connection, the command that help is about, or
                               * what firewall does: start, stop or isup */
    char16_t **more;          /* options for openvpn, or the words behind firewall start, in their
                               * order; the array is the caller's */
    size_t more_count;
};

/* An error in a command line: a text such as "unknown option", and the argument that it is about
 * ("": none). */
struct arguments_problem {
    const char *what;
    const char16_t *about;
};

/* Commands, as bits: each option has the set of commands that accept it. */
enum arguments_command {
    ARGUMENTS_CONNECT = 1,
    ARGUMENTS_VERSION = 2,
    ARGUMENTS_HELP = 4,
    ARGUMENTS_STATUS = 8,
    ARGUMENTS_DISCONNECT = 16,
    ARGUMENTS_LIST = 32,
    ARGUMENTS_CLEANUP = 64,
    ARGUMENTS_DOCTOR = 128,
    ARGUMENTS_FIREWALL = 256,
    ARGUMENTS_UPDATE = 512,
    ARGUMENTS_CHECK = 1024,
    ARGUMENTS_IMPORT = 2048,
};

/* Parses the `count` arguments after the name of the command. `more` has room for 2 * `count`
 * pointers. A long option takes its value as "--name value" or "--name=value". For connect, unknown
 * options after the configuration file, and everything after "--", are options for openvpn, which
 * begin with "--", each with its values; "--name=value" before a "--" becomes two of them, split
 * where it lies. Returns false, with *problem, if the arguments are wrong. */
bool arguments_read(enum arguments_command command, size_t count, char16_t **items, char16_t **more,
                    struct arguments *arguments, struct arguments_problem *problem);

#endif
