/* SPDX-License-Identifier: MIT */
/* wishes.h: what sessions of test_meddling_property ask for: what nobody else sets, on few
 * adapters, so that they get into each other's way. */
#ifndef TESTS_UNIT_WISHES_H
#define TESTS_UNIT_WISHES_H

#include "tests/unit/others.h"

enum stage {
    ALL_SORTS,
    ONE_MTU, /* they and others quarrel about one setting, in which all goes wrong */
    PLACES,  /* what lies in keys, in rows, and is done by programs */
    STAGES
};

/* What they do not ask for. */
enum {
    WITHOUT_PROGRAMS = 1 << 0, /* neither WINS servers nor DHCP */
    WITHOUT_DHCP = 1 << 1,
    WITHOUT_SECOND_DOMAIN = 1 << 2
};

struct message wish(enum stage stage, unsigned without, const struct adapter *adapter);

#endif
