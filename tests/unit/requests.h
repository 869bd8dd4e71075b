/* SPDX-License-Identifier: MIT */
/* requests.h: random requests of the sessions in test_third_party_property: for values that no
 * other program sets, on few adapters, so that sessions conflict. */
#ifndef TESTS_UNIT_REQUESTS_H
#define TESTS_UNIT_REQUESTS_H

#include "tests/unit/third_party.h"

enum scenario {
    EVERYTHING,
    ONE_MTU,       /* sessions and other programs set the same MTU */
    KEYS_AND_ROWS, /* registry keys, routes and addresses, and what programs change */
    SCENARIOS
};

/* Requests that are left out. */
enum {
    WITHOUT_PROGRAMS = 1 << 0, /* neither WINS servers nor DHCP */
    WITHOUT_DHCP = 1 << 1,
    WITHOUT_SECOND_DOMAIN = 1 << 2
};

struct message random_request(enum scenario scenario, unsigned without,
                              const struct adapter *adapter);

#endif
