/* SPDX-License-Identifier: MIT */
/* kill_switch_oracle.h: what the kill switch is for, said without filters: which packets pass. */
#ifndef TESTS_UNIT_KILL_SWITCH_ORACLE_H
#define TESTS_UNIT_KILL_SWITCH_ORACLE_H

#include "tests/unit/judge.h"

bool oracle_passes(const struct kill_switch_policy *policy, const struct packet *packet);

/* The same while Windows starts, before the filtering platform runs. */
bool oracle_passes_boot(const struct kill_switch_policy *policy, const struct packet *packet);

#endif
