/* SPDX-License-Identifier: MIT */
/* rows.h: the few routes and addresses that sessions of test_third_party_property add and delete,
 * each with several metrics or prefix lengths. Some exist before any session. */
#ifndef TESTS_UNIT_ROWS_H
#define TESTS_UNIT_ROWS_H

#include "tests/unit/third_party.h"

/* A row of this adapter, or of a physical one, which no other program changes. */
struct message rows_random_request(const struct adapter *adapter);

/* Saves for each row whether it exists, and its metric or prefix length. */
void rows_save(struct fake_machine *machine);

/* False, with the reason on stderr, if a row is not as saved. All adapters must be plugged in. */
bool rows_check(struct fake_machine *machine);

#endif
