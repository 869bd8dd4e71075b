/* SPDX-License-Identifier: MIT */
/* netsh.h: "netsh interface ip|ipv4|ipv6 <verb> <object> ...", as far as VPN programs use it.
 *
 * Arguments come in the command's order or as <tag>=<value>, as with the real program; words and
 * tags may be abbreviated. */
#ifndef FAKES_PROGRAMS_NETSH_H
#define FAKES_PROGRAMS_NETSH_H

#include "program.h"

enum { NETSH_TAGS = 5 };

/* A command and its arguments by tag; missing ones are NULL. The first tag is the interface. */
struct netsh_request {
    bool ipv6;
    const wchar_t *values[NETSH_TAGS];
    struct interface_row interface;
};

struct netsh_command {
    const wchar_t *verb, *object;
    bool ipv4_only;
    const wchar_t *tags[NETSH_TAGS];
    /* The exit code. */
    uint32_t (*run)(const struct netsh_request *request);
};

extern const struct netsh_command netsh_commands[];
extern const size_t netsh_command_count;

/* Assigns `arguments` to the command's tags. False when one fits none. */
bool netsh_take(const struct netsh_command *command, int count, wchar_t **arguments,
                struct netsh_request *request);

#endif
