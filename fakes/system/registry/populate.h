/* SPDX-License-Identifier: MIT */
/* populate.h: the registry of the machine as every test finds it. */
#ifndef FAKES_REGISTRY_POPULATE_H
#define FAKES_REGISTRY_POPULATE_H

#include "machine.h"

enum { POPULATION_TEXT = 512, POPULATION_RULES = 16 };

/* The differences between machines. The default is all zero except `system_search_list`. */
struct population {
    wchar_t system_search_list[POPULATION_TEXT]; /* empty: none */
    wchar_t policy_search_list[POPULATION_TEXT]; /* empty: none */
    bool policy_rules; /* a group policy has set name resolution rules: its DnsPolicyConfig */
    bool system_rules; /* somebody else's rule lies in the local DnsPolicyConfig */
    /* A service that died left "stale.example" in this list, and InitialSearchList beside it. */
    bool stale_system_list, stale_policy_list;
    /* Rules that a service that died left, in the DnsPolicyConfig which counts, by process id. */
    uint32_t stale_rules[POPULATION_RULES];
    size_t stale_rule_count;
};

extern const struct population usual_population;

/* In place of whatever the store held. The machine's lock is held. */
void registry_populate(struct machine *machine, const struct population *population);

#endif
