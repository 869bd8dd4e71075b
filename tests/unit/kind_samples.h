/* SPDX-License-Identifier: MIT */
/* kind_samples.h: keys and states that sessions really produce, of every kind that a journal may
 * hold. */
#ifndef TESTS_UNIT_KIND_SAMPLES_H
#define TESTS_UNIT_KIND_SAMPLES_H

#include "resource/address.h"
#include "resource/dhcp.h"
#include "resource/filters.h"
#include "resource/interface.h"
#include "resource/kinds.h"
#include "resource/metric.h"
#include "resource/mtu.h"
#include "resource/nrpt_rule.h"
#include "resource/nrpt_rules_key.h"
#include "resource/route.h"
#include "resource/search_domains.h"
#include "resource/value.h"
#include "resource/wins.h"
#include "tests/unit/channel_machine.h"

enum { MOST_SAMPLES = 400 };
struct sample {
    const struct kind *kind;
    struct bytes key, state; /* on the heap */
};
extern struct sample samples[MOST_SAMPLES];
extern size_t sample_count;

/* Set-up, which makes every kind of change in sessions of a machine, and tear-down. */
int collect_samples(void **state);
int forget_samples(void **state);

struct bytes bytes_copy(struct bytes bytes);
void bytes_free(struct bytes bytes);

/* Passes copies of exact size at odd addresses, for the sanitizers. */
bool is_valid_at_odd_address(const struct kind *kind, struct bytes key, struct bytes state);

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, collect_samples, forget_samples)

#endif
