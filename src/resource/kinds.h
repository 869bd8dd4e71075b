/* SPDX-License-Identifier: MIT */
/* kinds.h: the kinds of resources that sessions change. Each has a file of its own with the
 * encoding of its keys and states, and how it is probed, changed, compared and described. The
 * ledger's context is the struct network that they work on. */
#ifndef RESOURCE_KINDS_H
#define RESOURCE_KINDS_H

#include "undo/ledger.h"

/* What a kind is in journals, of all versions to come: never given to another one. */
enum kind_number {
    KIND_ADDRESS = 1,
    KIND_ROUTE = 2,
    KIND_METRIC = 3,
    KIND_MTU = 4,
    KIND_VALUE = 5,
    KIND_SEARCH_DOMAINS = 6,
    KIND_RULE = 7,
    KIND_RULES_KEY = 8,
    KIND_WINS = 9,
    KIND_DHCP = 10
};

/* Those that a journal may hold: all but packet filters, which vanish with the process. */
enum { RESOURCE_KINDS = 10 };
extern const struct kind *const resource_kinds[RESOURCE_KINDS];

#endif
