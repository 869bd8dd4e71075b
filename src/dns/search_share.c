/* SPDX-License-Identifier: MIT */
#include "dns/search_share.h"

#include "base/errors.h"
#include "dns/split.h"

/* The count that the share has of this domain; false, and `*before` stays: it does not have the
 * domain. */
static bool share_look_up(const struct search_share *share, struct piece wanted, uint16_t *before)
{
    struct piece token;
    size_t at = 0;
    for (const char16_t *rest = share->domains;
         at < share->count && split_next(&rest, u",", &token); at++)
        if (piece_equal(token, wanted)) {
            *before = share->before[at];
            return true;
        }
    return false;
}

void search_share_find(const char16_t *list, const struct search_share *share,
                       struct search_share *found)
{
    struct text picked = TEXT_ON(found->domains);
    memcpy(found->before, share->before, share->count * sizeof(*share->before));
    found->count =
        share->count == 0 ? 0 : search_list_pick(list, share->domains, found->before, &picked);
}

uint32_t search_share_add(struct search_share *share, const char16_t *domains, const char16_t *list,
                          const char16_t *others)
{
    uint16_t all[SEARCH_SHARE_DOMAINS], theirs[SEARCH_SHARE_DOMAINS];
    struct piece token;
    size_t count = 0;
    search_list_count(list, domains, all, SEARCH_SHARE_DOMAINS);
    search_list_count(others, domains, theirs, SEARCH_SHARE_DOMAINS);
    for (const char16_t *rest = domains; *domains && split_next(&rest, u",", &token); count++) {
        if (share->count + count == SEARCH_SHARE_DOMAINS)
            return ERROR_OUTOFMEMORY;
        all[count] = all[count] > theirs[count] ? (uint16_t)(all[count] - theirs[count]) : 0;
        share_look_up(share, token, &all[count]);
    }
    if (search_list_add(share->domains, domains))
        return ERROR_OUTOFMEMORY;
    memcpy(share->before + share->count, all, count * sizeof(*all));
    share->count += count;
    return 0;
}

void search_share_remove(struct search_share *share, const char16_t *domains)
{
    const struct search_share old = *share;
    struct piece token;
    search_list_remove(share->domains, domains);
    share->count = 0;
    for (const char16_t *rest = share->domains; *share->domains && split_next(&rest, u",", &token);)
        if (share_look_up(&old, token, &share->before[share->count]))
            share->count++;
}
