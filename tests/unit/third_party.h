/* SPDX-License-Identifier: MIT */
/* third_party.h: what other programs do meanwhile on the machine of crash.h: they set settings and
 * the search list; adapters are unplugged, plugged in and replaced.
 *
 * A setting is expected to end with the value that a third party has set last or, if none has, with
 * its first one. Expected values are kept in the machine's registry under a key of their own, so
 * that they are lost with the disk's content when the power is lost. */
#ifndef TESTS_UNIT_THIRD_PARTY_H
#define TESTS_UNIT_THIRD_PARTY_H

#include "tests/unit/crash.h"

enum { TEST_ADAPTERS = 3 };

struct adapter {
    const char *alias;
    uint32_t index;
    uint64_t luid;
    bool is_unplugged;
    /* what Windows remembers of an unplugged adapter, for IPv4 and IPv6 */
    bool has_ip[2];
    uint32_t mtu[2];
    struct interface_metric metric[2];
};

/* The VPN adapters of the populated machine. */
extern struct adapter adapters[TEST_ADAPTERS];

/* Values that only sessions set: MTUs from this one on, strings that contain these. */
enum { OUR_MTU = 1380, OUR_VALUES = 3 };
#define OURS       "ours"
#define OUR_SERVER "10.0.0."

/* Installs the adapters, after crash_open(). Everything below works on this machine. */
void third_party_start(struct crash *crash);

/* These calls are not steps of the service, and never fail. */
void third_party_set_any(struct adapter *adapter);
void third_party_set_mtu(struct adapter *adapter);
void third_party_set_search_list(void); /* the machine's search list: replaced or appended to */
void adapter_unplug(struct adapter *adapter);
void adapter_plug_in(struct adapter *adapter);
void adapter_replace(struct adapter *adapter); /* by another one with the same LUID */

/* After a loss of power: looks which adapters the machine has. */
void adapters_refresh(void);

/* All adapters must be plugged in. False, with the reason on stderr, if one of their settings or
 * the machine's search list is not as expected. */
bool third_party_check_settings(void);

#endif
