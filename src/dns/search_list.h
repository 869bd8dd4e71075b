/* SPDX-License-Identifier: MIT */
/* search_list.h: the DNS search list of a machine or an interface: registry text with a comma
 * between its tokens, shared by the user and any number of sessions.
 *
 * The list is a multiset of tokens: a session appends its own, without a look at those that are
 * there already, and takes as many of each away again, always the last. So every session that has
 * come and gone leaves the list as it was, unit by unit, in whatever order they come and go; odd
 * blanks, empty tokens and capitals that somebody else put there stay. Tokens are equal when all
 * their units are (docs/protocol.md, "DNS search domains"; CVE-2026-13379 is what removal by
 * substring does to a user's list). */
#ifndef DNS_SEARCH_LIST_H
#define DNS_SEARCH_LIST_H

#include "base/text.h"

/* Units of the longest list that we write, the terminator included. */
enum { SEARCH_LIST_CAPACITY = 2048 };

/* Appends `additions`, a list without empty tokens such as domains_search() makes. Nothing is
 * changed on an error:
 *   ERROR_INVALID_PARAMETER    an empty token is among the additions; no additions are none.
 *   ERROR_INSUFFICIENT_BUFFER  the list would be longer than SEARCH_LIST_CAPACITY allows. */
uint32_t search_list_add(char16_t list[SEARCH_LIST_CAPACITY], const char16_t *additions);

/* Takes away the last token that equals each of `removals`, in place; the list may be of any
 * length. Returns how many were not there (somebody else took them): nothing is done for those. */
size_t search_list_remove(char16_t *list, const char16_t *removals);

/* How many tokens of the list equal each of `tokens`, in their order; of more tokens than
 * `capacity` the first. Returns how many tokens were looked for. */
size_t search_list_count(const char16_t *list, const char16_t *tokens, uint16_t *counts,
                         size_t capacity);

/* Of `tokens`, a list without empty ones, those that `list` holds beyond what it held before:
 * `before` says how often that was, for each of them in their order, and becomes the same of those
 * that are picked. `picked` has room for all of `tokens`. Returns how many they are. */
size_t search_list_pick(const char16_t *list, const char16_t *tokens, uint16_t *before,
                        struct text *picked);

/* Whether Windows searches by this list at all, which decides which of several lists is in force:
 * a letter, a digit, '-' or '.' is among its first 63 units. */
bool search_list_is_usable(const char16_t *list);

#endif
