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

/* Splits the options, without a program name in front. Returns 0 or ERROR_NOT_ENOUGH_MEMORY; free
 * with tokens_free() either way. */
uint32_t tokens_split(const char16_t *options, struct tokens *tokens);

/* Builds `program` followed by every token, each quoted so that the run-time gives it back
 * unchanged. The result is on the heap, NULL when memory is short. */
char16_t *tokens_join(const char16_t *program, const struct tokens *tokens);

/* Insert a copy of `item` before position `at`, or replace the item there. Return 0 or
 * ERROR_NOT_ENOUGH_MEMORY. */
uint32_t tokens_insert(struct tokens *tokens, size_t at, const char16_t *item);
uint32_t tokens_replace(struct tokens *tokens, size_t at, const char16_t *item);

void tokens_free(struct tokens *tokens); /* usable with CLEANUP() */

#endif
