/* SPDX-License-Identifier: MIT */
/* options.h: the white list: what a caller without special rights may pass to openvpn.exe. */
#ifndef POLICY_OPTIONS_H
#define POLICY_OPTIONS_H

#include <stdbool.h>
#include <uchar.h>

struct option_rule {
    const char16_t *name;          /* without "--"; compared whole and case-sensitively */
    bool takes_config_file;        /* at least one value, and every value is a config file */
    const char16_t *refused_value; /* as the first value; NULL: none is refused */
};

/* openvpn.exe takes a token for an option by its first two units alone, wherever it stands. */
bool option_is(const char16_t *token);

/* The rule of an option token, or NULL when it is not in the list. */
const struct option_rule *option_find(const char16_t *token);

#endif
