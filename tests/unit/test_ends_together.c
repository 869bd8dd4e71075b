/* SPDX-License-Identifier: MIT */
/* Two sessions end at the same time: neither may make the journal forget what the other has not
 * finished. */
#include "tests/unit/crash.h"

static struct crash world;
static void (*real_apply)(struct dns_client *self, bool group_policy);

static int set_up(void **state)
{
    (void)state;
    crash_open(&world);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    crash_close(&world);
    return 0;
}

static struct dns_client *dns_client(void)
{
    return machine_network(world.machine)->dns_client;
}

static void ask(unsigned session, struct message message)
{
    random_client_send(&world.channels[session], &message);
}

/* The other session ends while this one tells the DNS client, and then the process dies. */
static void apply_too_late(struct dns_client *self, bool group_policy)
{
    self->apply = real_apply;
    channel_close(&world.channels[--world.session_count]);
    world.die_at = world.steps + 1;
    real_apply(self, group_policy);
}

static void test_journal_remembers_that_the_dns_client_must_be_notified(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    ask(0, crash_name_servers());
    ask(1,
        route_message(MESSAGE_ADD_ROUTE, POPULATED_VPN, V4(10, 20, 0, 0), 16, V4(10, 8, 0, 1), 7));
    real_apply = dns_client()->apply;
    dns_client()->apply = apply_too_late;
    channel_close(&world.channels[0]);
    world.session_count = 0;
    assert_true(world.is_dead);
    crash_stop(&world);
    crash_restart_service(&world);
    assert_false(machine_dns_is_notified(world.machine));
    assert_true(crash_check_recovery(&world));
}

static void test_last_session_to_end_empties_the_journal(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    ask(0, crash_name_servers());
    ask(1, crash_name_servers());
    channel_close(&world.channels[1]);
    assert_true(journal_open_count(world.journal));
    channel_close(&world.channels[0]);
    world.session_count = 0;
    assert_int_equal(journal_open_count(world.journal), 0);
    crash_stop(&world);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_journal_remembers_that_the_dns_client_must_be_notified),
        TEST(test_last_session_to_end_empties_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
