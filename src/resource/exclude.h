/* SPDX-License-Identifier: MIT */
/* exclude.h: the NRPT exclude rules (dns/exclude.h) for the networks that this machine is connected
 * to, from what the registry says of them. */
#ifndef RESOURCE_EXCLUDE_H
#define RESOURCE_EXCLUDE_H

#include "dns/exclude.h"
#include "system/network.h"

/* As exclude_rules(); `*count` is how many rules there are. What can't be read is as if it were not
 * there: exclude rules are a courtesy. ERROR_NOT_ENOUGH_MEMORY: there are none. */
uint32_t exclude_rules_read(struct network *network, const char16_t *search_domains, uint32_t pid,
                            struct nrpt_rule rules[EXCLUDE_RULES_MAX], size_t *count);

#endif
