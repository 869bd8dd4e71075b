/* SPDX-License-Identifier: MIT */
/* one_setting.h: lives of the service in which sessions, the user and a driver all set the MTU of
 * one adapter, which lies on the disk. */
#ifndef TESTS_UNIT_ONE_SETTING_H
#define TESTS_UNIT_ONE_SETTING_H

#include "base/errors.h"
#include "tests/unit/crash.h"

#define TAP_GUID u"{06008003-4747-4747-8000-000000000009}"
#define VPN_GUID u"{06008004-4747-4747-8000-000000000002}"

/* The key by which an adapter is installed, if it is away. */
#define ADAPTER_OF(guid)                                                                           \
    u"SYSTEM\\CurrentControlSet\\Control\\Network\\{4d36e972-e325-11ce-bfc1-08002be10318}"         \
    u"\\" guid u"\\Connection"

enum { MTU_BEFORE = 1400 }; /* of the populated TAP adapter */

extern struct crash world;
extern uint64_t tap_luid;

int set_up(void **state); /* no life has begun yet */
int tear_down(void **state);

struct network *network(void);
uint32_t mtu(void);
/* Not a session: the user with netsh, or the driver while it comes up. */
void third_party_sets_mtu(uint32_t value);
/* A session asks for it; what it is answered. */
uint32_t request_mtu(unsigned session, uint32_t interface_index, uint32_t value);
void end_session(unsigned session);

/* The registry can't be written to disk, for long. */
void fail_registry_flush(void);

/* Dies, and another process begins in the same run of Windows; after a loss of power, of which the
 * disk has what crash_sync() wrote last; or after a restart in good order. */
void restart_after_death(void);
void restart_after_power_loss(void);
void restart_after_reboot(void);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
