/* SPDX-License-Identifier: MIT */
/* Two to five sessions send random requests while calls fail; the service dies at a random step, or
 * the power is lost, several times in a row. After the last start the machine must be as at first.
 * GATEHOUSE_SEED=<number> runs that seed alone. */
#include "tests/unit/crash.h"

enum { RUNS = 3000, MOST_STEPS = 40, MOST_PROCESSES = 4 };

static void run_service(struct crash *crash, unsigned die_at, bool is_faulty)
{
    crash_start(crash, die_at, 2 + random_below(CRASH_SESSIONS - 1), true);
    for (unsigned left = random_below(MOST_STEPS); left > 0 && crash->session_count; left--) {
        struct channel *channel = &crash->channels[random_below(crash->session_count)];
        const struct message message = random_message();
        if (is_faulty && random_one_in(4))
            random_fault(crash->machine);
        if (random_one_in(6))
            crash_sync(crash);
        if (random_one_in(15))
            channel_close(channel);
        else if (random_one_in(15))
            random_client_send_garbled(channel);
        else
            random_client_send(channel, &message);
    }
    crash_stop(crash);
}

static bool run_seed(uint64_t seed)
{
    struct crash crash;
    random_begin(seed);
    crash_open(&crash);
    bool is_faulty = random_one_in(3);
    for (unsigned processes = 1 + random_below(MOST_PROCESSES); processes > 0; processes--) {
        run_service(&crash, 1 + random_below(1u << (3 + random_below(8))), is_faulty);
        machine_clear_faults(crash.machine);
        if (random_one_in(3))
            crash_power_loss(&crash, seed);
        else
            crash_restart_service(&crash);
    }
    bool is_healed = crash_check_recovery(&crash);
    crash_close(&crash);
    return is_healed;
}

static void test_after_any_deaths_the_machine_is_as_before(void **state)
{
    (void)state;
    const struct random_seeds seeds = random_seeds(RUNS);
    for (uint64_t seed = seeds.first; seed < seeds.first + seeds.count; seed++) {
        if (!run_seed(seed))
            fail_msg("GATEHOUSE_SEED=%llu: not as before", (unsigned long long)seed);
    }
    print_message("%u runs of overlapping sessions\n", (unsigned)seeds.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_after_any_deaths_the_machine_is_as_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
