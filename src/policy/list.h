/* SPDX-License-Identifier: MIT */
/* list.h: lists of paths and names in one setting: "|" stands between the items, because a path
 * cannot have it, while paths and names may have a comma or a semicolon. Blanks around an item are
 * not part of it. */
#ifndef POLICY_LIST_H
#define POLICY_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <uchar.h>

struct list_item {
    const char16_t *text; /* in the list: not terminated */
    size_t length;
};

/* Takes the next item: `*rest`, at first the list, is then what follows it. Returns false at the
 * end. An empty list has no item, and neither is there one behind a last "|". */
bool list_next(const char16_t **rest, struct list_item *item);

/* Whether no item is empty: in "one||two" the second one is, in "|" and in " " the only one. */
bool list_is_whole(const char16_t *list);

/* Whether one of the items is this text; letter case counts. */
bool list_has(const char16_t *list, const char16_t *text);

#endif
