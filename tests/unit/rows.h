/* SPDX-License-Identifier: MIT */
/* rows.h: the few routes and addresses that sessions of test_meddling_property ask for and delete,
 * each with several metrics or lengths. Some are there before any session. */
#ifndef TESTS_UNIT_ROWS_H
#define TESTS_UNIT_ROWS_H

#include "tests/unit/third_party.h"

/* A row of this adapter, or of one that nobody else touches. */
struct message rows_random_request(const struct adapter *adapter);

/* How each of them is now: is it there, and with which metric or length. */
void rows_save(struct fake_machine *machine);

/* False, and why on stderr, if one is not as it was then. The machine has all adapters. */
bool rows_check(struct fake_machine *machine);

#endif
