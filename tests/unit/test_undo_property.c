/* SPDX-License-Identifier: MIT */
/* One to five sessions send random requests and end in any order, while calls fail. After the last
 * end the machine must be as at first, field by field. */
#include "tests/unit/random_client.h"
#include "resource/resources.h"

#include <stdlib.h>

enum { SEQUENCES = 10000, MOST_SESSIONS = 5, MOST_STEPS = 40 };

static void play(struct fake_machine *machine, struct ledger *ledger)
{
    struct channel channels[MOST_SESSIONS], *of[MOST_SESSIONS];
    unsigned session_count = 1 + random_below(MOST_SESSIONS);
    bool is_faulty = random_one_in(2);
    for (unsigned i = 0; i < session_count; i++) {
        of[i] = &channels[i];
        struct channel_options options = client_options;
        options.process_id += i;
        channel_open(of[i], ledger, machine_network(machine),
                     random_one_in(4) ? &random_layout_2_6 : &client_layout, &options);
    }
    for (unsigned steps = random_below(MOST_STEPS); steps > 0; steps--) {
        struct channel *channel = of[random_below(session_count)];
        const struct message message = random_message();
        if (is_faulty && random_one_in(4))
            random_fault(machine);
        if (random_one_in(15)) /* one session ends, another begins */
            channel_close(channel);
        else if (random_one_in(15))
            random_client_send_garbled(channel);
        else
            random_client_send(channel, &message);
    }
    while (session_count > 0) {
        unsigned i = random_below(session_count);
        if (is_faulty && random_one_in(2))
            random_fault(machine);
        channel_close(of[i]);
        of[i] = of[--session_count];
    }
}

static struct fake_machine *populated;

/* False when a change is left. */
static bool run_seed(uint64_t seed)
{
    random_begin(seed);
    struct fake_machine *machine = machine_snapshot(populated);
    struct fake_machine *before = machine_snapshot(machine);
    struct ledger *ledger = resources_ledger_create(machine_network(machine), NULL, NULL);
    play(machine, ledger);
    machine_clear_faults(machine);
    size_t failures = resources_retry(ledger, machine_network(machine));
    bool result = machine_equal(before, machine) && !failures && !ledger_claim_count(ledger);
    ledger_destroy(ledger);
    machine_destroy(before);
    machine_destroy(machine);
    return result;
}

/* GATEHOUSE_SEED=<number> runs that seed alone. */
static void test_after_the_last_end_the_machine_is_as_before(void **state)
{
    (void)state;
    const struct random_seeds seeds = random_seeds(SEQUENCES);
    populated = machine_create();
    machine_populate(populated);
    for (uint64_t seed = seeds.first; seed < seeds.first + seeds.count; seed++) {
        if (!run_seed(seed))
            fail_msg("GATEHOUSE_SEED=%llu: not as before", (unsigned long long)seed);
    }
    machine_destroy(populated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_after_the_last_end_the_machine_is_as_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
