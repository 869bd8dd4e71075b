/* SPDX-License-Identifier: MIT */
#include "tests/unit/one_setting.h"

struct crash world;
uint64_t tap_luid;

int set_up(void **state)
{
    (void)state;
    crash_open(&world);
    assert_int_equal(network()->find_interface(network(), POPULATED_TAP, "", &tap_luid), 0);
    assert_int_equal(mtu(), MTU_BEFORE);
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    crash_stop(&world);
    crash_close(&world);
    return 0;
}

struct network *network(void)
{
    return machine_network(world.machine);
}

uint32_t mtu(void)
{
    uint32_t found = 0;
    assert_int_equal(network()->get_mtu(network(), tap_luid, FAMILY_IPV4, &found), 0);
    return found;
}

void third_party_sets_mtu(uint32_t value)
{
    assert_int_equal(network()->set_mtu(network(), tap_luid, FAMILY_IPV4, value), 0);
}

uint32_t request_mtu(unsigned session, uint32_t interface_index, uint32_t value)
{
    const struct message message = {
        .kind = MESSAGE_SET_MTU, .id = 7, .mtu = {{.index = interface_index}, FAMILY_IPV4, value}};
    return client_send(&world.channels[session], &message);
}

void end_session(unsigned session)
{
    channel_close(&world.channels[session]);
}

void fail_registry_flush(void)
{
    enum { LONG = 20 };
    for (unsigned nth = 1; nth <= LONG; nth++)
        machine_fail(world.machine, "flush", nth, ERROR_GEN_FAILURE);
}

void restart_after_death(void)
{
    crash_die(&world);
    crash_restart_service(&world);
    crash_start(&world, 0, 0, false);
}

void restart_after_power_loss(void)
{
    crash_die(&world);
    machine_clear_faults(world.machine);
    crash_power_loss(&world, 1);
    crash_start(&world, 0, 0, false);
}

void restart_after_reboot(void)
{
    crash_stop(&world);
    crash_reboot(&world);
    crash_start(&world, 0, 0, false);
}
