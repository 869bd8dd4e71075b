/* SPDX-License-Identifier: MIT */
/* The service dies at every step of a session with every kind of change, and at every step of the
 * longest recovery: the next start must restore the machine. Of the other recoveries a sample of
 * steps is tried; GATEHOUSE_STRIDE=1 tries every pair of steps, which takes long. */
#include "tests/unit/crash.h"

#include <stdlib.h>

static struct crash world;

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

static unsigned run_service(unsigned die_at)
{
    random_begin(die_at);
    crash_start(&world, die_at, 1, false);
    crash_change_every_kind(&world);
    return crash_stop(&world);
}

/* Of a process that finds a journal, as every process but the first does. */
static unsigned count_steps(void)
{
    run_service(0);
    return run_service(0);
}

static unsigned recover(unsigned die_at)
{
    crash_start(&world, die_at, 0, false);
    return crash_stop(&world);
}

static void start_over(void)
{
    crash_close(&world);
    crash_open(&world);
}

static void test_without_a_death_everything_is_undone(void **state)
{
    (void)state;
    unsigned steps = run_service(0);
    assert_true(steps > 500);
    assert_true(machine_equal(world.before, world.machine));
    assert_true(crash_check_recovery(&world));
}

static void test_death_at_any_step_is_undone_by_the_next_start(void **state)
{
    (void)state;
    unsigned steps = count_steps();
    for (unsigned die_at = 1; die_at <= steps; die_at++) {
        run_service(die_at);
        assert_true(world.is_dead);
        crash_restart_service(&world);
        if (!crash_check_recovery(&world))
            fail_msg("died at step %u of %u: not as before", die_at, steps);
    }
    print_message("died at each of %u steps of a session\n", steps);
}

static void test_power_loss_at_any_step_is_undone_by_the_next_start(void **state)
{
    (void)state;
    unsigned steps = count_steps();
    for (unsigned die_at = 1; die_at <= steps; die_at++) {
        run_service(die_at);
        crash_power_loss(&world, die_at);
        if (!crash_check_recovery(&world))
            fail_msg("lost its power at step %u of %u: not as before", die_at, steps);
    }
    print_message("lost its power at each of %u steps of a session\n", steps);
}

/* The service dies at step `first` and again at steps of the next start, which undoes the changes:
 * at each step, or at each `stride`th from a different offset each time. */
static unsigned die_twice(unsigned first, unsigned stride)
{
    unsigned pairs = 0, second = 1 + first % stride, steps = 0;
    do {
        run_service(first);
        crash_restart_service(&world);
        steps = recover(second);
        bool is_whole = !world.is_dead;
        crash_restart_service(&world);
        if (!crash_check_recovery(&world))
            fail_msg("died at step %u, and at step %u of the recovery: not as before", first,
                     second);
        pairs++;
        second += stride;
        if (is_whole)
            break;
    } while (second <= steps + stride);
    return pairs;
}

/* The step of a session after which the next start has most to undo. */
static unsigned worst_step(void)
{
    unsigned worst = 0, most = 0, steps = count_steps();
    for (unsigned first = 1; first <= steps; first++) {
        run_service(first);
        crash_restart_service(&world);
        unsigned of_recovery = recover(0);
        if (of_recovery > most) {
            most = of_recovery;
            worst = first;
        }
    }
    return worst;
}

static void test_death_at_every_step_of_the_longest_recovery_is_undone_by_the_next(void **state)
{
    (void)state;
    unsigned worst = worst_step(), steps = die_twice(worst, 1);
    assert_true(steps > 150);
    print_message("died at each of %u steps of the recovery from step %u\n", steps, worst);
}

static void test_death_at_any_step_of_recoveries_is_undone_by_the_next(void **state)
{
    (void)state;
    const char *chosen = getenv("GATEHOUSE_STRIDE");
    unsigned stride = chosen ? (unsigned)atoi(chosen) : 61, pairs = 0, steps = count_steps();
    for (unsigned first = 1; first <= steps; first++)
        pairs += die_twice(first, stride ? stride : 1);
    print_message("died at %u pairs of steps\n", pairs);
    start_over();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_without_a_death_everything_is_undone),
        TEST(test_death_at_any_step_is_undone_by_the_next_start),
        TEST(test_power_loss_at_any_step_is_undone_by_the_next_start),
        TEST(test_death_at_every_step_of_the_longest_recovery_is_undone_by_the_next),
        TEST(test_death_at_any_step_of_recoveries_is_undone_by_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
