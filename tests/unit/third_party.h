/* SPDX-License-Identifier: MIT */
/* others.h: what others than the service do meanwhile on the machine of crash.h: settings that
 * somebody makes, the search list that somebody writes, adapters that are pulled, plugged in and
 * replaced.
 *
 * What is to be expected of a setting in the end is what others have made of it last, or how it was
 * at first. That is kept in the machine's registry, below a key of its own, so that it goes with
 * the disk when the power does. */
#ifndef TESTS_UNIT_THIRD_PARTY_H
#define TESTS_UNIT_THIRD_PARTY_H

#include "tests/unit/crash.h"

enum { TEST_ADAPTERS = 3 };

struct adapter {
    const char *alias;
    uint32_t index;
    uint64_t luid;
    bool is_unplugged;
    /* what Windows remembers of one that is away, for IPv4 and IPv6 */
    bool has_ip[2];
    uint32_t mtu[2];
    struct interface_metric metric[2];
};

/* The VPN adapters of the populated machine. */
extern struct adapter adapters[TEST_ADAPTERS];

/* What sessions set, so that nobody else does: MTUs from this one on, texts with these in them. */
enum { OUR_MTU = 1380, OUR_VALUES = 3 };
#define OURS       "ours"
#define OUR_SERVER "10.0.0."

/* Installs the adapters, after crash_open(). All that follows works on this machine. */
void third_party_start(struct crash *crash);

/* None of this is a step of the service, nor fails. */
void third_party_set_any(struct adapter *adapter);
void third_party_set_mtu(struct adapter *adapter);
void third_party_set_search_list(
    void); /* the machine's search list: written anew, or something added */
void adapter_unplug(struct adapter *adapter);
void adapter_plug_in(struct adapter *adapter);
void adapter_replace(struct adapter *adapter); /* by another one with the same LUID */

/* After a loss of power: which adapters the machine has. */
void adapters_refresh(void);

/* The machine has all adapters again. False, and why on stderr, if one of their settings or the
 * machine's search list is not as expected; if `may_list_be_cut` the list may lack what others have
 * added at its end. */
bool third_party_check_settings(bool may_list_be_cut);

#endif
