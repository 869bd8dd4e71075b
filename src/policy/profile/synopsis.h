/* SPDX-License-Identifier: MIT */
/* synopsis.h: the table of directives as text for people. */
#ifndef POLICY_PROFILE_SYNOPSIS_H
#define POLICY_PROFILE_SYNOPSIS_H

#include "policy/profile/profile.h"

enum { SYNOPSIS_BYTES = 256 };

/* A directive with its arguments, ASCII: "remote ADDRESS [1-65535] [udp|tcp]". Returns `text`. */
const char *directive_synopsis(const struct directive *directive, char text[SYNOPSIS_BYTES]);

/* "allowed", "left out" or "refused". */
const char *directive_rule_name(enum directive_rule rule);

/* One word: "left_out", "refused", "unknown", "wrong" or "broken". */
const char *profile_verdict_name(enum profile_verdict verdict);

#endif
