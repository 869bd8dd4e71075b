/* SPDX-License-Identifier: MIT */
/* options.h: the options that a caller without special rights may pass to openvpn.exe: OpenVPN's
 * own list, and what we have added to it. */
#ifndef POLICY_OPTIONS_H
#define POLICY_OPTIONS_H

#include <stdbool.h>
#include <uchar.h>

struct option_rule {
    const char16_t *name;          /* without "--"; compared whole and case-sensitively */
    bool takes_config_file;        /* needs a value; each value is a config file */
    const char16_t *refused_value; /* refused as first value; NULL: none */
    bool queries_remote;           /* ours; only if the setting query_remote is on */
};

/* True if the token begins with "--": openvpn.exe takes it for an option, at any position. */
bool option_is(const char16_t *token);

/* Returns the rule for a token, or NULL if it is no option of the list. */
const struct option_rule *option_find(const char16_t *token);

#endif
