/* SPDX-License-Identifier: MIT */
/* Sessions set values that only they set. Meanwhile other programs set theirs, adapters are
 * unplugged, plugged in and replaced by others with the same LUID, Windows sleeps, the disk and the
 * registry fail, the process dies and the power is lost. In the end no change of a session is left,
 * and everything that third parties have set is as they left it.
 *
 * Which of these may happen, and on what stage, is the seed's choice, too. GATEHOUSE_SEED=<number>
 * plays that run alone. */
#include "resource/tcpip_registry.h"
#include "tests/unit/rows.h"
#include "tests/unit/requests.h"

#include "base/errors.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS = 500, MOST_STEPS = 40, MOST_PROCESSES = 4 };

/* What may happen. */
enum {
    THIRD_PARTY_SETS = 1 << 0,
    THIRD_PARTY_SETS_LIST = 1 << 1,
    ADAPTERS_ARE_UNPLUGGED = 1 << 2,
    ADAPTERS_ARE_REPLACED = 1 << 3,
    WINDOWS_SLEEPS = 1 << 4,
    POWER_GOES = 1 << 5,
    DISK_FAILS = 1 << 6,
    FLUSH_FAILS = 1 << 7,
    MACHINE_FAILS = 1 << 8,
    /* What exists at first. */
    LIST_OF_POLICY = 1 << 9,
    RULES_OF_POLICY = 1 << 10,
    RULES_OF_USER = 1 << 11,
    ALL = (1 << 12) - 1
};

static struct crash world;
static unsigned choice;
static enum scenario scenario;

static bool may(unsigned what, unsigned chances)
{
    return choice & what && random_one_in(chances);
}

/* ---- third parties: none of this is a step of the service ---- */

static bool step(void *context, const char *operation)
{
    struct crash *crash = context;
    (void)operation;
    if (!crash->is_dead && ++crash->steps == crash->die_at)
        crash->is_dead = true;
    return !crash->is_dead;
}

static void begin_third_party(void)
{
    machine_clear_faults(world.machine);
    machine_set_step(world.machine, NULL, NULL);
}

static void end_third_party(void)
{
    machine_set_step(world.machine, step, &world);
}

static struct adapter *any_adapter(void)
{
    return &adapters[scenario == ONE_MTU ? 0 : random_below(TEST_ADAPTERS)];
}

static void third_party_touches(struct adapter *adapter)
{
    if (adapter->is_unplugged) {
        if (random_one_in(4))
            adapter_plug_in(adapter);
    } else if (may(THIRD_PARTY_SETS, 6)) {
        (scenario == ONE_MTU ? third_party_set_mtu : third_party_set_any)(adapter);
    } else if (may(THIRD_PARTY_SETS_LIST, 6)) {
        third_party_set_search_list();
    } else if (may(ADAPTERS_ARE_UNPLUGGED, 12)) {
        adapter_unplug(adapter);
    } else if (may(ADAPTERS_ARE_REPLACED, 12)) {
        adapter_replace(adapter);
    }
}

static void third_party_acts(void)
{
    if (world.is_dead)
        return;
    begin_third_party();
    third_party_touches(any_adapter());
    end_third_party();
}

static const char *const of_file[] = {"append", "append", "flush", "replace", "read", "measure"};

static void inject_faults(void)
{
    const unsigned chances = scenario == ONE_MTU ? 6 : 8;
    if (may(DISK_FAILS, chances) && random_one_in(3))
        fake_file_tear(world.file, 1 + random_below(4), ERROR_GEN_FAILURE, random_below(300));
    else if (may(DISK_FAILS, chances))
        fake_file_fail(world.file, of_file[random_below(ARRAY_COUNT(of_file))], 1 + random_below(4),
                       ERROR_GEN_FAILURE);
    if (may(FLUSH_FAILS, chances))
        machine_fail(world.machine, "flush", 1 + random_below(3), ERROR_GEN_FAILURE);
    if (may(MACHINE_FAILS, chances) && scenario == ONE_MTU)
        machine_fail(world.machine, "set_mtu", 1 + random_below(2), ERROR_GEN_FAILURE);
    else if (may(MACHINE_FAILS, 4))
        random_fault(world.machine);
}

/* Combinations from which the service cannot recover: a failed append and a death during netsh; a
 * netsh command of several steps that fails half-way; a domain that third parties have removed from
 * the list, which may then be taken from the share of another session whose rest stays. */
static unsigned excluded_requests(void)
{
    return (choice & DISK_FAILS ? WITHOUT_PROGRAMS : 0u) |
           (choice & MACHINE_FAILS ? WITHOUT_DHCP : 0u) |
           (choice & THIRD_PARTY_SETS_LIST ? WITHOUT_SECOND_DOMAIN : 0u);
}

static struct message any_request(void)
{
    const struct adapter *adapter = any_adapter();
    if (scenario == ONE_MTU &&
        random_one_in(8)) /* its change stays, so that the journal has to be kept */
        adapter = &adapters[1];
    return random_request(scenario, excluded_requests(), adapter);
}

/* ---- processes of the service ---- */

static void act(void)
{
    struct channel *channel = &world.channels[random_below(world.session_count)];
    struct ledger_summary ignored;
    if (may(WINDOWS_SLEEPS, 8)) {
        resources_verify(world.ledger, machine_network(world.machine), &ignored);
    } else if (random_one_in(10)) {
        resources_retry(world.ledger, machine_network(world.machine));
    } else if (random_one_in(10)) {
        ledger_flush(world.ledger);
    } else if (random_one_in(8)) {
        channel_close(channel);
    } else {
        const struct message message = any_request();
        random_client_send(channel, &message);
    }
}

static void run_service(void)
{
    const bool dies = !random_one_in(scenario == ONE_MTU ? 2 : 4);
    crash_start(&world, dies ? 1 + random_below(1u << (4 + random_below(7))) : 0,
                2 + random_below(CRASH_SESSIONS - 1), random_one_in(2));
    for (unsigned left = random_below(MOST_STEPS); left > 0 && world.session_count; left--) {
        third_party_acts();
        inject_faults();
        if (random_one_in(6))
            crash_sync(&world);
        act();
    }
    if (scenario == ONE_MTU && !world.is_dead && world.journal && random_one_in(2))
        crash_die(&world);
    else
        crash_stop(&world);
}

static void clear_faults(void)
{
    begin_third_party();
    for (size_t i = 0; i < ARRAY_COUNT(of_file); i++)
        fake_file_fail(world.file, of_file[i], 0, 0);
}

/* The snapshot of the machine's disk includes the adapters. While one is unplugged the current
 * state is used, because an older snapshot may have an adapter that was unplugged then. */
static void lose_power(void)
{
    bool is_any_unplugged = false;
    for (size_t i = 0; i < TEST_ADAPTERS; i++)
        is_any_unplugged |= adapters[i].is_unplugged;
    crash_power_loss(&world, is_any_unplugged ? 0 : random_below(1000));
    adapters_refresh();
}

static void restart(void)
{
    clear_faults();
    if (may(POWER_GOES, 2))
        lose_power();
    else
        crash_restart_service(&world);
    world.is_dead = false;
}

/* ---- before the first process, and after the last ---- */

static bool check_text(const char *what, const char *found, const char *expected)
{
    bool is_so = strcmp(found ? found : "", expected) == 0;
    if (!is_so)
        fprintf(stderr, "%s: %s, not %s\n", what, found ? found : "none", expected);
    return is_so;
}

static bool check_nothing_is_ours(const char *what, const char *text)
{
    bool has_none =
        !text || (!strstr(text, OURS) && !strstr(text, OUR_SERVER) && !strstr(text, "OpenVPN"));
    if (!has_none)
        fprintf(stderr, "%s: %s, of which something is ours\n", what, text);
    return has_none;
}

static bool check_rules(void)
{
    static char rules[8192];
    bool is_so = machine_has_key(world.machine, RULES_KEY) == !!(choice & RULES_OF_USER);
    if (!is_so)
        fprintf(stderr, "key of the rules: %s\n",
                choice & RULES_OF_USER ? "none, not one" : "one, not none");
    machine_print_keys(world.machine, RULES_KEY, rules, sizeof(rules));
    is_so &= check_nothing_is_ours("rules", rules);
    machine_print_keys(world.machine, POLICY_RULES_KEY, rules, sizeof(rules));
    return is_so & check_nothing_is_ours("rules of policy", rules);
}

static bool check_initial_lists(void)
{
    struct fake_machine *machine = world.machine;
    const char *policy = choice & LIST_OF_POLICY ? "policy.example" : "";
    bool is_so =
        check_text("list before", machine_value(machine, TCPIP_KEY, u"InitialSearchList"), "");
    is_so &=
        check_text("list of policy", machine_value(machine, POLICY_KEY, u"SearchList"), policy);
    return is_so & check_text("list of policy before",
                              machine_value(machine, POLICY_KEY, u"InitialSearchList"), "");
}

static bool check_machine(void)
{
    bool is_so = rows_check(world.machine);
    is_so &= third_party_check_settings();
    is_so &= check_rules();
    is_so &= check_initial_lists();
    return is_so &
           check_text("DNS client", machine_dns_is_notified(world.machine) ? "" : "not told", "");
}

static void begin(void)
{
    crash_open(&world);
    third_party_start(&world);
    if (choice & LIST_OF_POLICY)
        machine_set_text(world.machine, POLICY_KEY, u"SearchList", u"policy.example");
    if (choice & RULES_OF_POLICY)
        machine_set_number(world.machine, POLICY_RULES_KEY u"\\{policy}", u"Version", 2);
    if (choice & RULES_OF_USER)
        machine_set_number(world.machine, RULES_KEY u"\\{user}", u"Version", 2);
    rows_save(world.machine);
    machine_destroy(world.before);
    world.before = machine_snapshot(world.machine);
    crash_sync(&world);
}

static bool run_seed(uint64_t seed)
{
    random_begin(seed);
    choice = random_below(ALL + 1);
    scenario = random_below(SCENARIOS);
    begin();
    for (unsigned processes = 1 + random_below(MOST_PROCESSES); processes > 0; processes--) {
        run_service();
        restart();
    }
    for (size_t i = 0; i < TEST_ADAPTERS; i++)
        if (adapters[i].is_unplugged)
            adapter_plug_in(&adapters[i]);
    crash_start(&world, 0, 0, false);
    resources_retry(world.ledger, machine_network(world.machine));
    bool is_clean = !ledger_left(world.ledger) && !journal_open_count(world.journal);
    if (!is_clean)
        fprintf(stderr, "still to be undone: %zu, entries of the journal: %zu, not 0\n",
                ledger_left(world.ledger), journal_open_count(world.journal));
    crash_stop(&world);
    is_clean &= check_machine();
    crash_close(&world);
    return is_clean;
}

static void test_no_change_of_a_session_is_left_whatever_third_parties_do(void **state)
{
    (void)state;
    const struct random_seeds seeds = random_seeds(RUNS);
    for (uint64_t seed = seeds.first; seed < seeds.first + seeds.count; seed++) {
        if (!run_seed(seed))
            fail_msg("GATEHOUSE_SEED=%llu: not as others have left it", (unsigned long long)seed);
    }
    print_message("%u runs among others' changes\n", (unsigned)seeds.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_change_of_a_session_is_left_whatever_third_parties_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
