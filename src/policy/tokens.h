/* SPDX-License-Identifier: MIT */
/* tokens.h: a command line as openvpn.exe's C run-time splits it, and back.
 *
 * The reference checks with CommandLineToArgvW, whose first token follows other rules than the
 * child's run-time, so that checker and child can see different options. Here what was checked is
 * what runs: the options are split by the run-time's rules (Microsoft, "Parsing C command-line
 * arguments"), the tokens are checked, and the child's line is built anew from them. */
#ifndef POLICY_TOKENS_H
#define POLICY_TOKENS_H

#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

struct tokens {
    char16_t **items; /* each on the heap, zero-terminated */
    size_t count;
};

/* Splits the options, without a program name in front: blanks and tabs separate, a line end does
 * not, `""` is an empty token, and a quote that is never closed reaches to the end. Two quotes
 * inside a quoted part are one literal quote and the part goes on (the rule since 2008; older
 * run-times ended the part there, which no longer matters once the line is built anew). Returns 0
 * or ERROR_NOT_ENOUGH_MEMORY; free with tokens_free() either way. */
uint32_t tokens_split(const char16_t *options, struct tokens *tokens);

/* Builds `program` followed by every token, each quoted so that any version of the run-time gives
 * it back unchanged, as does CommandLineToArgvW. `program`, a path or a bare name, holds no quote:
 * there is no way to write one there. The result is on the heap, NULL when memory is short. */
char16_t *tokens_join(const char16_t *program, const struct tokens *tokens);

/* Insert a copy of `item` before position `at` (at most the count), or replace the item there.
 * Return 0 or ERROR_NOT_ENOUGH_MEMORY, which leaves the tokens as they were. */
uint32_t tokens_insert(struct tokens *tokens, size_t at, const char16_t *item);
uint32_t tokens_replace(struct tokens *tokens, size_t at, const char16_t *item);

void tokens_free(struct tokens *tokens); /* usable with CLEANUP() */

#endif
