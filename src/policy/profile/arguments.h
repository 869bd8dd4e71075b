/* SPDX-License-Identifier: MIT */
/* arguments.h: whether the arguments of a directive are what its row of the table wants. */
#ifndef POLICY_PROFILE_ARGUMENTS_H
#define POLICY_PROFILE_ARGUMENTS_H

#include "policy/profile/directives.h"

/* Checks the `count` arguments behind a name, UTF-8. Returns NULL, or what is wrong, and then with
 * `*which` the argument, from 1; 0: there are too few or too many. */
const char *arguments_problem(const struct directive *directive, const char *const items[],
                              size_t count, size_t *which);

#endif
