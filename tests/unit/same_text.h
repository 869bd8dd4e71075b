/* SPDX-License-Identifier: MIT */
/* same_text.h: how tests of policy compare file names: only A to Z have two cases. */
#ifndef TESTS_UNIT_SAME_TEXT_H
#define TESTS_UNIT_SAME_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <uchar.h>

static inline char16_t small_letter(char16_t unit)
{
    return unit >= u'A' && unit <= u'Z' ? (char16_t)(unit + 32) : unit;
}

/* For struct policy. */
static inline bool same_text(void *context, const char16_t *a, size_t a_length, const char16_t *b,
                             size_t b_length)
{
    (void)context;
    bool same = a_length == b_length;
    for (size_t i = 0; same && i < a_length; i++)
        same = small_letter(a[i]) == small_letter(b[i]);
    return same;
}

#endif
