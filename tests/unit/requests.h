/* SPDX-License-Identifier: MIT */
/* wishes.h: what sessions of test_meddling_property ask for: what nobody else sets, on few
 * adapters, so that they get into each other's way. */
#ifndef TESTS_UNIT_REQUESTS_H
#define TESTS_UNIT_REQUESTS_H

#include "tests/unit/third_party.h"

enum scenario {
    EVERYTHING,
    ONE_MTU,       /* they and others quarrel about one setting, in which all goes wrong */
    KEYS_AND_ROWS, /* what lies in keys, in rows, and is done by programs */
    SCENARIOS
};

/* What they do not ask for. */
enum {
    WITHOUT_PROGRAMS = 1 << 0, /* neither WINS servers nor DHCP */
    WITHOUT_DHCP = 1 << 1,
    WITHOUT_SECOND_DOMAIN = 1 << 2
};

struct message random_request(enum scenario scenario, unsigned without,
                              const struct adapter *adapter);

#endif
