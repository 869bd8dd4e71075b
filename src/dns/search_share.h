/* SPDX-License-Identifier: MIT */
/* search_share.h: which tokens of a search list are those of sessions, and which were there before.
 *
 * The list can't tell whose a token is, and equal ones are equal. So a share counts: it has the
 * domains that sessions have appended, in order, and for each how often the list held it without
 * them. What the list has beyond that count is the share's; what somebody else has taken away
 * meanwhile is gone. */
#ifndef DNS_SEARCH_SHARE_H
#define DNS_SEARCH_SHARE_H

#include "dns/search_list.h"

enum { SEARCH_SHARE_DOMAINS = SEARCH_LIST_CAPACITY / 2 }; /* each a letter and a comma */

/* Of one session, or of all together. Without domains, `count` is 0 and the text is empty. */
struct search_share {
    size_t count;
    char16_t domains[SEARCH_LIST_CAPACITY];
    uint16_t before[SEARCH_SHARE_DOMAINS]; /* one for each of the domains */
};

/* What of `share` the list holds. */
void search_share_find(const char16_t *list, const struct search_share *share,
                       struct search_share *found);

/* `share` gets `domains` too, a list as domains_search() makes it. `list` is the search list
 * without them, and `others` a list of what other shares have in it, which do not count as what was
 * there before. ERROR_OUTOFMEMORY, without a change: they would be longer than a list may be. */
uint32_t search_share_add(struct search_share *share, const char16_t *domains, const char16_t *list,
                          const char16_t *others);

/* `share` lacks these then, the last of equal ones first. */
void search_share_remove(struct search_share *share, const char16_t *domains);

#endif
