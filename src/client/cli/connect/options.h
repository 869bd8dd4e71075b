/* SPDX-License-Identifier: MIT */
/* options.h: the options that the client passes to openvpn.exe through the service. */
#ifndef CLIENT_OPTIONS_H
#define CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

struct options {
    const char16_t *config; /* absolute */
    const char16_t *log;    /* absolute */
    bool log_append;
    const char16_t *exit_event; /* openvpn makes an event of this name, and ends when it is set */
    uint16_t management_port;   /* on 127.0.0.1; openvpn reads the password from standard input */
    bool query_remote;          /* openvpn asks its management client where to connect */
    char16_t *const *more;      /* options of the user, after those of this program */
    size_t more_count;
};

/* Builds the command line, which openvpn's C run-time splits into exactly these options. The caller
 * frees it; NULL when memory is short. */
char16_t *options_join(const struct options *options);

#endif
