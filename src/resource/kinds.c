/* SPDX-License-Identifier: MIT */
#include "resource/kinds.h"

#include "resource/address.h"
#include "resource/dhcp.h"
#include "resource/metric.h"
#include "resource/mtu.h"
#include "resource/nrpt_rule.h"
#include "resource/nrpt_rules_key.h"
#include "resource/route.h"
#include "resource/search_domains.h"
#include "resource/value.h"
#include "resource/wins.h"

const struct kind *const resource_kinds[RESOURCE_KINDS] = {
    &address_kind,        &route_kind, &metric_kind,    &mtu_kind,  &value_kind,
    &search_domains_kind, &rule_kind,  &rules_key_kind, &wins_kind, &dhcp_kind,
};
