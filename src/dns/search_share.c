/* SPDX-License-Identifier: MIT */
#include "dns/search_share.h"

#include "base/errors.h"
#include "dns/split.h"

static size_t count_token(const char16_t *list, struct piece wanted)
{
    size_t count = 0;
    struct piece token;
    for (const char16_t *rest = list; split_next(&rest, u",", &token);)
        count += piece_equal(token, wanted);
    return count;
}

/* The count that the share has of this domain; false: it does not have the domain. */
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

static uint16_t count_before(const char16_t *list, const char16_t *others, struct piece token)
{
    size_t all = count_token(list, token), theirs = count_token(others, token);
    size_t count = theirs < all ? all - theirs : 0;
    return (uint16_t)(count < UINT16_MAX ? count : UINT16_MAX);
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
    uint16_t before[SEARCH_SHARE_DOMAINS];
    size_t count = share->count;
    struct piece token;
    for (const char16_t *rest = domains; *domains && split_next(&rest, u",", &token); count++) {
        if (count == SEARCH_SHARE_DOMAINS)
            return ERROR_OUTOFMEMORY;
        if (!share_look_up(share, token, &before[count]))
            before[count] = count_before(list, others, token);
    }
    if (search_list_add(share->domains, domains))
        return ERROR_OUTOFMEMORY;
    for (; share->count < count; share->count++)
        share->before[share->count] = before[share->count];
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
