/* SPDX-License-Identifier: MIT */
/* search_list.h: adds domains to a DNS search list of the machine or of an interface, and removes
 * them: a registry text of tokens separated by commas, which the user and all sessions share.
 *
 * The list is a multiset of tokens. A session appends its tokens even if equal ones are there, and
 * removes the same number of each, the last ones first. So the list is unit by unit as before when
 * the sessions have ended, in whatever order; blanks, empty tokens and capitals of others are kept.
 * Tokens are equal if all their units are (docs/protocol.md, "DNS search domains"; CVE-2026-13379
 * shows how removal by substring damages a user's list). */
#ifndef DNS_SEARCH_LIST_H
#define DNS_SEARCH_LIST_H

#include "base/text.h"

/* Units of the longest list that is written, the terminator included. */
enum { SEARCH_LIST_CAPACITY = 2048 };

/* Appends `additions`, a list as domains_search() makes it; it may be empty. Returns 0, or without
 * a change: ERROR_INVALID_PARAMETER    `additions` has an empty token (an empty list has none).
 *   ERROR_INSUFFICIENT_BUFFER  the list would be longer than SEARCH_LIST_CAPACITY allows. */
uint32_t search_list_add(char16_t list[SEARCH_LIST_CAPACITY], const char16_t *additions);

/* For each token of `removals` removes the last token that equals it. The list may have any length.
 * Returns how many tokens were not found because somebody else has removed them. */
size_t search_list_remove(char16_t *list, const char16_t *removals);

/* For each of `tokens`, at most `capacity`, writes to `counts` how many tokens of the list equal
 * it. Returns the number of counts. */
size_t search_list_count(const char16_t *list, const char16_t *tokens, uint16_t *counts,
                         size_t capacity);

/* Picks from `tokens`, a list without empty tokens, those that `list` now contains more often than
 * before. `before` holds the earlier counts, one for each of `tokens` in order; it is overwritten
 * with the counts of the picked tokens. `picked` must have room for all of `tokens`. Returns the
 * number of picked tokens. */
size_t search_list_pick(const char16_t *list, const char16_t *tokens, uint16_t *before,
                        struct text *picked);

/* True if Windows uses this list: a letter, a digit, '-' or '.' is among its first 63 units. Of
 * several lists the first usable one is in force. */
bool search_list_is_usable(const char16_t *list);

#endif
