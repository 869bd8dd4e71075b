/* SPDX-License-Identifier: MIT */
/* kill_switch_machine.h: the machine and the policies of the tests of the kill switch, as
 * tests/golden/kill-switch-verdicts.txt describes them. */
#ifndef TESTS_UNIT_KILL_SWITCH_MACHINE_H
#define TESTS_UNIT_KILL_SWITCH_MACHINE_H

#include "tests/unit/judge.h"

/* LUIDs */
enum {
    LOOPBACK_LUID = 1,
    ETHERNET_LUID,
    TUNNEL_LUID,
    SECOND_TUNNEL_LUID,
    UNKNOWN_TUNNEL_LUID, /* of no session */
    GONE_TUNNEL_LUID,    /* of a session that has ended */
    OTHER_VPN_LUID,
    HOTSPOT_LUID
};

enum { PROGRAM_OTHER = 1000 };

/* States as columns of the file; those with the LAN allowed come after those without. */
enum column { OFF, BOOT, LOCKDOWN, LOCKDOWN_LAN, CONNECTING, CONNECTED, CONNECTED_LAN, COLUMNS };

extern const char *const column_names[COLUMNS];

/* "192.0.2.1" */
struct ip ip_of(const char *text);

/* The policy of the column; that of BOOT is CONNECTED's, whose filters for that phase are the only
 * ones that count. */
struct kill_switch_policy policy_of(enum column column);

/* The filters that exist in the column: for as long as the process runs. */
const struct sublayer *sublayer_of(enum column column);

#endif
