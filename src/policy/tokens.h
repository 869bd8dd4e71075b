/* SPDX-License-Identifier: MIT */
/* tokens.h: splits a command line as openvpn.exe's C run-time does, and builds one from tokens.
 *
 * The options that are checked must be the options that openvpn.exe sees. The reference checks the
 * result of CommandLineToArgvW, which splits the first token by other rules than the C run-time, so
 * that both can see different options. Here the options are split by the rules of the run-time
 * (Microsoft, "Parsing C command-line arguments"), the tokens are checked, and openvpn.exe's
 * command line is built from these tokens. */
#ifndef POLICY_TOKENS_H
#define POLICY_TOKENS_H

#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

struct tokens {
    char16_t **items; /* each on the heap, zero-terminated */
    size_t count;
};

/* Splits a text of options without a program name. Blanks and tabs separate tokens, line ends do
 * not;
 * `""` is an empty token; a quote that is not closed reaches to the end. Two quotes inside a quoted
 * part are one literal quote, and the part goes on (the rule since 2008; that older run-times end
 * the part there does not matter, because the command line is built from the tokens). Returns 0 or
 * ERROR_NOT_ENOUGH_MEMORY; call tokens_free() in both cases. */
uint32_t tokens_split(const char16_t *options, struct tokens *tokens);

/* Builds a command line of `program` and the tokens, quoted so that every version of the run-time
 * and CommandLineToArgvW split it into the same tokens. `program` is a path or a name without
 * quotes: no quoting can express one there. The caller frees it; NULL when memory is short. */
char16_t *tokens_join(const char16_t *program, const struct tokens *tokens);

/* Insert a copy of `item` before position `at` (at most the count), or replace the item at `at` by
 * a copy. Return 0, or ERROR_NOT_ENOUGH_MEMORY without a change. */
uint32_t tokens_insert(struct tokens *tokens, size_t at, const char16_t *item);
uint32_t tokens_replace(struct tokens *tokens, size_t at, const char16_t *item);

/* Frees all items and makes the list empty. For CLEANUP(). */
void tokens_free(struct tokens *tokens);

#endif
