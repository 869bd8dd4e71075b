/* SPDX-License-Identifier: MIT */
/* keeper_machine.h: a populated machine with a keeper of the kill switch, its log, and users who
 * ask it for something. */
#ifndef TESTS_UNIT_KEEPER_MACHINE_H
#define TESTS_UNIT_KEEPER_MACHINE_H

#include "base/errors.h"
#include "base/log.h"
#include "fakes/memory/machine.h"
#include "kill_switch/keeper.h"
#include "tests/unit/cmocka_test.h"

enum { NOW = 1796110637, LATER = NOW + 60 };

extern struct fake_machine *machine, *before;
extern struct keeper keeper;
/* The LUIDs of two VPN adapters. */
extern uint64_t tunnel, second_tunnel;
/* Since a test has set them to 0. */
extern unsigned wakes, events;
extern bool was_woken_at_once;

/* Two users, and an administrator. */
extern const struct keeper_caller ann, ben, root;
extern const struct firewall_start lockdown, gateway, gateway_and_lan;

int set_up_keeper(void **state);
/* Whatever has happened, an administrator's stop leaves nothing. */
int tear_down_keeper(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_keeper, tear_down_keeper)

/* The service starts. */
void begin(void);
/* These must succeed. */
void start(const struct keeper_caller *caller, const struct firewall_start *what);
struct keeper_view look(void);
void check(void);

/* It is whole, or damaged, in this state. */
void assert_state(enum kill_switch_state state);
void assert_damaged(enum kill_switch_state state);
/* One more event, of this kind and with this text in it. */
void assert_event(enum log_event event, const char *part);
/* How often the operation was called. */
void assert_calls(const char *operation, unsigned calls);

#endif
