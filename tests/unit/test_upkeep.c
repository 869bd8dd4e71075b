/* SPDX-License-Identifier: MIT */
/* Which changes of the network have the service look after what its sessions have asked for. */
#include "tests/unit/channel_machine.h"

#include "service/state/upkeep.h"
#include "system/changes.h"

static struct upkeep upkeep;
static struct keeper keeper;
static struct address_key own, foreign;

/* ---- Windows' part of it ---- */

static struct {
    changes_callback *callback;
    void *context;
} watcher;

uint32_t changes_watch(changes_callback *callback, void *context)
{
    watcher.callback = callback;
    watcher.context = context;
    return 0;
}

void changes_unwatch(void)
{
}

/* Before and after each change of the machine, also while the session is still being served. */
static bool tell_of_own_address(void *context, const char *operation)
{
    (void)context;
    (void)operation;
    watcher.callback(watcher.context, &own);
    return true;
}

/* ---- a session that has lost a route ---- */

static const struct message route = {.kind = MESSAGE_ADD_ROUTE,
                                     .route = {.family = FAMILY_IPV4,
                                               .prefix = {{10, 20}},
                                               .prefix_length = 16,
                                               .gateway = {{10, 8, 0, 1}},
                                               .interface.index = POPULATED_VPN,
                                               .metric = 5}};

static void lose_route(void)
{
    const struct route_key key = {
        own.interface_luid, {FAMILY_IPV4, {10, 20}}, 16, {FAMILY_IPV4, {10, 8, 0, 1}}};
    assert_int_equal(network->delete_route(network, &key), 0);
}

static bool has_route(void)
{
    struct route_settings settings;
    return machine_has_route(machine, &route, &settings);
}

static int open_upkeep(void **state)
{
    const struct message address =
        address_message(MESSAGE_ADD_ADDRESS, POPULATED_VPN, V4(10, 8, 0, 2), 24);
    struct recovery recovery = {0};
    set_up_machine(state);
    own.address = (struct ip){FAMILY_IPV4, {10, 8, 0, 2}};
    assert_int_equal(network->find_interface(network, POPULATED_VPN, "", &own.interface_luid), 0);
    foreign = own;
    foreign.address.bytes[3] = 3;
    recovery.ledger = ledger;
    recovery.network = network;
    keeper_open(&keeper, &(struct keeper_options){.engine = machine_kill_switch(machine),
                                                  .network = network});
    upkeep_open(&upkeep, &recovery, &keeper);
    upkeep_watch(&upkeep);
    machine_set_step(machine, tell_of_own_address, NULL);
    assert_int_equal(client_send(&channel, &address), 0);
    assert_int_equal(client_send(&channel, &route), 0);
    machine_set_step(machine, NULL, NULL);
    lose_route();
    return 0;
}

static int close_upkeep(void **state)
{
    upkeep_close(&upkeep);
    keeper_close(&keeper);
    return tear_down_machine(state);
}

/* The thread ends when there is nothing more to do. */
static void wait_until_nothing_is_to_be_done(void)
{
    AcquireSRWLockExclusive(&upkeep.lock);
    while (upkeep.is_running)
        SleepConditionVariableSRW(&upkeep.changed, &upkeep.lock, INFINITE, 0);
    ReleaseSRWLockExclusive(&upkeep.lock);
}

static void test_an_address_of_a_session_starts_no_look(void **state)
{
    (void)state;
    watcher.callback(watcher.context, &own);
    wait_until_nothing_is_to_be_done();
    assert_false(has_route());
}

static void test_any_other_address_starts_one(void **state)
{
    (void)state;
    watcher.callback(watcher.context, &foreign);
    wait_until_nothing_is_to_be_done();
    assert_true(has_route());
}

static void test_what_is_no_address_starts_one(void **state)
{
    (void)state;
    watcher.callback(watcher.context, NULL);
    wait_until_nothing_is_to_be_done();
    assert_true(has_route());
}

static void test_a_look_repairs_the_kill_switch(void **state)
{
    const struct keeper_caller root = {"\1\1root", 6, true, u"CORP\\root"};
    const struct firewall_start lockdown = {0};
    bool was_up;
    (void)state;
    assert_int_equal(keeper_start(&keeper, &root, &lockdown, 1), 0);
    const size_t filters = machine_filters(machine)->count;
    machine_remove_filter(machine, 0);
    watcher.callback(watcher.context, NULL);
    wait_until_nothing_is_to_be_done();
    assert_int_equal(machine_filters(machine)->count, filters);
    assert_int_equal(keeper_stop(&keeper, &root, &was_up), 0);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_upkeep, close_upkeep)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_address_of_a_session_starts_no_look),
        TEST(test_any_other_address_starts_one),
        TEST(test_what_is_no_address_starts_one),
        TEST(test_a_look_repairs_the_kill_switch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
