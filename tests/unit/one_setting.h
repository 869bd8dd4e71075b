/* SPDX-License-Identifier: MIT */
/* one_setting.h: sessions, the user and a driver all set the MTU of one adapter, which is kept on
 * disk, while the service is restarted. */
#ifndef TESTS_UNIT_ONE_SETTING_H
#define TESTS_UNIT_ONE_SETTING_H

#include "base/errors.h"
#include "tests/unit/crash.h"

#define TAP_GUID u"{06008003-4747-4747-8000-000000000009}"
#define VPN_GUID u"{06008004-4747-4747-8000-000000000002}"

/* The key of an installed adapter, which exists also while the adapter is unplugged. */
#define ADAPTER_OF(guid)                                                                           \
    u"SYSTEM\\CurrentControlSet\\Control\\Network\\{4d36e972-e325-11ce-bfc1-08002be10318}"         \
    u"\\" guid u"\\Connection"

enum { MTU_BEFORE = 1400 }; /* of the populated TAP adapter */

extern struct crash world;
extern uint64_t tap_luid;

int set_up(void **state); /* no process has started yet */
int tear_down(void **state);

struct network *network(void);
uint32_t mtu(void);
/* Outside of any session: the user with netsh, or the driver while it comes up. */
void third_party_sets_mtu(uint32_t value);
/* A session requests it. Returns the error code of the acknowledgement. */
uint32_t request_mtu(unsigned session, uint32_t interface_index, uint32_t value);
void end_session(unsigned session);

/* Writing the registry to disk fails for a long time. */
void fail_registry_flush(void);

/* The process ends and the next one starts: after a death, in the same boot of Windows; after a
 * loss of power, with the disk as crash_sync() wrote it last; or after an orderly reboot. */
void restart_after_death(void);
void restart_after_power_loss(void);
void restart_after_reboot(void);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
