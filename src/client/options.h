/* SPDX-License-Identifier: MIT */
/* options.h: the options with which we ask the service to start openvpn.exe. */
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
    uint16_t management_port; /* on 127.0.0.1; its password goes by standard input */
    char16_t *const *more;    /* the user's own, behind ours */
    size_t more_count;
};

/* One line that openvpn's C run-time splits into exactly these options. On the heap, NULL when
 * memory is short. */
char16_t *options_join(const struct options *options);

#endif
