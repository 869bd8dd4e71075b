/* SPDX-License-Identifier: MIT */
/* Sessions set what nobody else sets. Meanwhile other programs set theirs, adapters are pulled,
 * plugged in and replaced by others with the same LUID, Windows sleeps, the disk and the registry
 * fail, the process dies and the power goes. In the end nothing of a session's is left, and what
 * others have set is as they have left it.
 *
 * Which of these may happen, and on what stage, is the seed's choice, too. GATEHOUSE_SEED=<number>
 * plays that run alone. */
#include "channel/records.h"
#include "tests/unit/others.h"

#include "base/errors.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS = 500, MOST_STEPS = 40, MOST_LIVES = 4 };

/* What may happen. */
enum {
    OTHERS_SET = 1 << 0,
    OTHERS_SET_LIST = 1 << 1,
    ADAPTERS_ARE_PULLED = 1 << 2,
    ADAPTERS_ARE_REPLACED = 1 << 3,
    WINDOWS_SLEEPS = 1 << 4,
    POWER_GOES = 1 << 5,
    DISK_FAILS = 1 << 6,
    FLUSH_FAILS = 1 << 7,
    MACHINE_FAILS = 1 << 8,
    /* and what is there before */
    LIST_OF_POLICY = 1 << 9,
    RULES_OF_POLICY = 1 << 10,
    RULES_OF_USER = 1 << 11,
    ALL = (1 << 12) - 1
};

/* What sessions ask for. */
enum stage {
    ALL_SORTS,
    ONE_MTU, /* they and others quarrel about one setting, in which all goes wrong */
    PLACES,  /* what lies in keys, in rows, and is done by programs */
    STAGES
};

enum { ROWS_SIZE = 1024, LIST_SIZE = 256 };

static struct crash world;
static unsigned choice;
static enum stage stage;
static char rows_before[ROWS_SIZE], list_before[LIST_SIZE];

static bool may(unsigned what, unsigned chances)
{
    return choice & what && random_one_in(chances);
}

/* ---- what nobody of ours does: no step of the service ---- */

static bool step(void *context, const char *operation)
{
    struct crash *crash = context;
    (void)operation;
    if (!crash->is_dead && ++crash->steps == crash->die_at)
        crash->is_dead = true;
    return !crash->is_dead;
}

static void begin_meddling(void)
{
    machine_heal(world.machine);
    machine_set_step(world.machine, NULL, NULL);
}

static void end_meddling(void)
{
    machine_set_step(world.machine, step, &world);
}

static struct adapter *any_adapter(void)
{
    return &adapters[stage == ONE_MTU ? 0 : random_below(OTHERS_ADAPTERS)];
}

static void meddle_with(struct adapter *adapter)
{
    if (adapter->is_away) {
        if (random_one_in(4))
            others_plug_in(adapter);
    } else if (may(OTHERS_SET, 6)) {
        (stage == ONE_MTU ? others_set_mtu : others_set_anything)(adapter);
    } else if (may(OTHERS_SET_LIST, 6)) {
        others_set_list();
    } else if (may(ADAPTERS_ARE_PULLED, 12)) {
        others_pull(adapter);
    } else if (may(ADAPTERS_ARE_REPLACED, 12)) {
        others_replace(adapter);
    }
}

static void meddle(void)
{
    if (world.is_dead)
        return;
    begin_meddling();
    meddle_with(any_adapter());
    end_meddling();
}

static const char *const of_file[] = {"append", "append", "flush", "replace", "read", "measure"};

static void let_something_fail(void)
{
    const unsigned chances = stage == ONE_MTU ? 6 : 8;
    if (may(DISK_FAILS, chances) && random_one_in(3))
        fake_file_tear(world.file, 1 + random_below(4), ERROR_GEN_FAILURE, random_below(300));
    else if (may(DISK_FAILS, chances))
        fake_file_fail(world.file, of_file[random_below(ARRAY_COUNT(of_file))], 1 + random_below(4),
                       ERROR_GEN_FAILURE);
    if (may(FLUSH_FAILS, chances))
        machine_fail(world.machine, "flush", 1 + random_below(3), ERROR_GEN_FAILURE);
    if (may(MACHINE_FAILS, chances) && stage == ONE_MTU)
        machine_fail(world.machine, "set_mtu", 1 + random_below(2), ERROR_GEN_FAILURE);
    else if (may(MACHINE_FAILS, 4))
        random_fault(world.machine);
}

/* ---- what sessions ask for ---- */

/* A domain of one session that others have cut away may be taken from the share of another, of
 * which the rest then stays: so no share has two while others do that. */
static const char *our_domains(void)
{
    static const char *const texts[] = {"", "", "ours0.example", "ours1.example",
                                        "ours0.example,ours1.example"};
    return texts[random_below(choice & OTHERS_SET_LIST ? 4 : 5)];
}

static struct message our_mtu(const struct adapter *adapter)
{
    const int16_t family = random_one_in(2) ? FAMILY_IPV4 : FAMILY_IPV6;
    return (struct message){.kind = MESSAGE_SET_MTU,
                            .id = 7,
                            .mtu = {{.index = adapter->index},
                                    stage == ONE_MTU ? FAMILY_IPV4 : family,
                                    OUR_MTU + random_below(OUR_VALUES)}};
}

static struct message our_filters(const struct adapter *adapter)
{
    return (struct message){.kind =
                                random_one_in(3) ? MESSAGE_DELETE_WFP_BLOCK : MESSAGE_ADD_WFP_BLOCK,
                            .id = 7,
                            .wfp_block = {random_below(2), {.index = adapter->index}}};
}

static struct message our_name_servers(const struct adapter *adapter)
{
    struct message message = {.kind = random_one_in(3) ? MESSAGE_DELETE_DNS : MESSAGE_ADD_DNS,
                              .id = 7};
    struct message_dns *dns = &message.dns;
    snprintf(dns->interface.name, sizeof(dns->interface.name), "%s", adapter->alias);
    snprintf(dns->domains, sizeof(dns->domains), "%s", our_domains());
    dns->family = random_one_in(3) ? FAMILY_IPV6 : FAMILY_IPV4;
    dns->address_count = message.kind == MESSAGE_ADD_DNS;
    dns->addresses[0].bytes[0] = 10;
    dns->addresses[0].bytes[3] = (uint8_t)(1 + random_below(OUR_VALUES));
    return message;
}

static struct message our_rules(const struct adapter *adapter)
{
    static const char *const resolve[] = {"", ".ours0.example", ".ours1.example,.ours0.example"};
    struct message message = {.kind = random_one_in(3) ? MESSAGE_DELETE_NRPT : MESSAGE_ADD_NRPT,
                              .id = 7};
    struct message_nrpt *nrpt = &message.nrpt;
    snprintf(nrpt->interface.name, sizeof(nrpt->interface.name), "%s", adapter->alias);
    snprintf(nrpt->resolve_domains, sizeof(nrpt->resolve_domains) - 1, "%s",
             resolve[random_below(ARRAY_COUNT(resolve))]);
    snprintf(nrpt->search_domains, sizeof(nrpt->search_domains), "%s", our_domains());
    snprintf(nrpt->addresses[0], sizeof(nrpt->addresses[0]), "10.0.0.%u", 1 + random_below(3));
    if (random_one_in(2))
        snprintf(nrpt->addresses[1], sizeof(nrpt->addresses[1]), "fd00::%u", 1 + random_below(3));
    nrpt->flags = random_below(2);
    return message;
}

/* An append that fails and a death within netsh are one more than can be made up for; so is a netsh
 * that fails half-way, of what it does in several steps. Only the first adapter has a fixed address
 * to begin with. */
static struct message our_programs(const struct adapter *adapter)
{
    struct message message = {.kind = random_one_in(3) ? MESSAGE_DELETE_WINS : MESSAGE_ADD_WINS,
                              .id = 7};
    if (choice & DISK_FAILS)
        return our_name_servers(adapter);
    if (adapter == &adapters[0] && random_one_in(3) && !(choice & MACHINE_FAILS)) {
        message.kind = MESSAGE_ENABLE_DHCP;
        message.dhcp.interface.index = adapter->index;
        return message;
    }
    message.wins.interface.index = adapter->index;
    message.wins.address_count = 1 + random_below(2);
    for (unsigned i = 0; i < 2; i++) {
        message.wins.addresses[i].bytes[0] = 10;
        message.wins.addresses[i].bytes[3] = (uint8_t)(1 + random_below(OUR_VALUES));
    }
    return message;
}

/* The rows that sessions may ask for: some are there before. */
enum { ROWS_OF_OTHERS = 3, ROWS_OF_ADAPTER = 6 };

static struct message row_of_others(enum message_kind route, enum message_kind address,
                                    unsigned which, int32_t metric)
{
    if (which == 2)
        return address_message(address, POPULATED_WIFI, V4(192, 168, 1, 57), 24);
    return route_message(route, which ? POPULATED_WIFI : POPULATED_ETHERNET, V4(0, 0, 0, 0), 0,
                         V4(192, 168, 1, 1), metric);
}

static struct message row_of(const struct adapter *adapter, enum message_kind route,
                             enum message_kind address, unsigned which, int32_t metric)
{
    const uint8_t one = which % 2;
    if (which < 2)
        return route_message(route, adapter->index, V4(10, 20, one, 0), 24, V4(10, 8, 0, 1),
                             metric);
    struct message message = which < 4
                                 ? route_message(route, adapter->index, V4(0xfd, 0, 0, one), 64,
                                                 V4(0xfe, 0x80, 0, 0), metric)
                                 : address_message(address, adapter->index, V4(10, 8, 0, 6), 24);
    if (which < 4) {
        message.route.family = FAMILY_IPV6;
    } else if (one) {
        message.address.family = FAMILY_IPV6;
        message.address.prefix_length = 64;
    }
    return message;
}

static struct message our_row(const struct adapter *adapter)
{
    static const int32_t metrics[] = {-1, 0, 25, 50, 7};
    const int32_t metric = metrics[random_below(ARRAY_COUNT(metrics))];
    bool is_deletion = random_one_in(3);
    enum message_kind route = is_deletion ? MESSAGE_DELETE_ROUTE : MESSAGE_ADD_ROUTE;
    enum message_kind address = is_deletion ? MESSAGE_DELETE_ADDRESS : MESSAGE_ADD_ADDRESS;
    return random_one_in(3)
               ? row_of_others(route, address, random_below(ROWS_OF_OTHERS), metric)
               : row_of(adapter, route, address, random_below(ROWS_OF_ADAPTER), metric);
}

static struct message our_message(void)
{
    typedef struct message wish(const struct adapter *adapter);
    static wish *const wishes[STAGES][8] = {
        [ALL_SORTS] = {our_mtu, our_mtu, our_filters, our_name_servers, our_name_servers,
                       our_programs, our_rules, our_row},
        [ONE_MTU] = {our_mtu, our_mtu, our_mtu, our_mtu, our_mtu, our_mtu, our_mtu,
                     our_name_servers},
        [PLACES] = {our_rules, our_rules, our_rules, our_name_servers, our_programs, our_programs,
                    our_row, our_row}};
    const struct adapter *adapter = any_adapter();
    if (stage == ONE_MTU && random_one_in(8)) /* which stays, so that the journal has to be kept */
        adapter = &adapters[1];
    return wishes[stage][random_below(8)](adapter);
}

/* ---- lives ---- */

static void act(void)
{
    struct channel *channel = &world.channels[random_below(world.living)];
    struct ledger_summary ignored;
    if (may(WINDOWS_SLEEPS, 8)) {
        channel_verify(world.ledger, machine_network(world.machine), &ignored);
    } else if (random_one_in(10)) {
        channel_retry(world.ledger, machine_network(world.machine));
    } else if (random_one_in(10)) {
        ledger_settle(world.ledger);
    } else if (random_one_in(8)) {
        channel_close(channel);
    } else {
        const struct message message = our_message();
        random_say(channel, &message);
    }
}

static void live(void)
{
    const bool dies = !random_one_in(stage == ONE_MTU ? 2 : 4);
    crash_begin(&world, dies ? 1 + random_below(1u << (4 + random_below(7))) : 0,
                2 + random_below(CRASH_SESSIONS - 1), random_one_in(2));
    for (unsigned left = random_below(MOST_STEPS); left > 0 && world.living; left--) {
        meddle();
        let_something_fail();
        if (random_one_in(6))
            crash_sync(&world);
        act();
    }
    if (stage == ONE_MTU && !world.is_dead && world.journal && random_one_in(2))
        crash_die(&world);
    else
        crash_end(&world);
}

static void heal(void)
{
    begin_meddling();
    for (size_t i = 0; i < ARRAY_COUNT(of_file); i++)
        fake_file_fail(world.file, of_file[i], 0, 0);
}

/* The picture of the machine on its disk tells of adapters, too: while one is away, the picture of
 * now is taken; an earlier one may know of one that was away then. */
static void lose_power(void)
{
    bool is_any_away = false;
    for (size_t i = 0; i < OTHERS_ADAPTERS; i++)
        is_any_away |= adapters[i].is_away;
    crash_power_loss(&world, is_any_away ? 0 : random_below(1000));
    others_look_again();
}

static void go_on(void)
{
    heal();
    if (may(POWER_GOES, 2))
        lose_power();
    else
        crash_revive(&world);
    world.is_dead = false;
}

/* ---- before, and in the end ---- */

static void draw_row(const struct message *message, char text[ROWS_SIZE])
{
    struct route_settings route = {0};
    struct address_settings address = {0};
    bool is_there = message->kind == MESSAGE_ADD_ROUTE
                        ? machine_has_route(world.machine, message, &route)
                        : machine_has_address(world.machine, message, &address);
    size_t used = strlen(text);
    snprintf(text + used, ROWS_SIZE - used, is_there ? " %u/%u" : " -", (unsigned)route.metric,
             (unsigned)address.prefix_length);
}

static void draw_rows(char text[ROWS_SIZE])
{
    text[0] = 0;
    for (unsigned i = 0; i < ROWS_OF_OTHERS; i++) {
        const struct message row = row_of_others(MESSAGE_ADD_ROUTE, MESSAGE_ADD_ADDRESS, i, 0);
        draw_row(&row, text);
    }
    for (size_t i = 0; i < OTHERS_ADAPTERS; i++) {
        for (unsigned j = 0; j < ROWS_OF_ADAPTER; j++) {
            const struct message row =
                row_of(&adapters[i], MESSAGE_ADD_ROUTE, MESSAGE_ADD_ADDRESS, j, 0);
            draw_row(&row, text);
        }
    }
}

static bool is_text(const char *what, const char *found, const char *expected)
{
    bool is_so = strcmp(found ? found : "", expected) == 0;
    if (!is_so)
        fprintf(stderr, "%s: %s, not %s\n", what, found ? found : "none", expected);
    return is_so;
}

static bool has_none_of_ours(const char *what, const char *text)
{
    bool has_none =
        !text || (!strstr(text, OURS) && !strstr(text, OUR_SERVER) && !strstr(text, "OpenVPN"));
    if (!has_none)
        fprintf(stderr, "%s: %s\n", what, text);
    return has_none;
}

static bool are_rules_as_before(void)
{
    static char rules[8192];
    bool is_so = machine_has_key(world.machine, RULES_KEY) == !!(choice & RULES_OF_USER);
    if (!is_so)
        fprintf(stderr, "the key of the rules is %s\n", choice & RULES_OF_USER ? "gone" : "there");
    machine_print_keys(world.machine, RULES_KEY, rules, sizeof(rules));
    is_so &= has_none_of_ours("rules", rules);
    machine_print_keys(world.machine, POLICY_RULES_KEY, rules, sizeof(rules));
    return is_so & has_none_of_ours("rules of policy", rules);
}

static bool are_lists_as_before(void)
{
    struct fake_machine *machine = world.machine;
    const char *policy = choice & LIST_OF_POLICY ? "policy.example" : "";
    bool is_so =
        choice & OTHERS_SET_LIST
            ? has_none_of_ours("list", machine_value(machine, TCPIP_KEY, u"SearchList"))
            : is_text("list", machine_value(machine, TCPIP_KEY, u"SearchList"), list_before);
    is_so &= is_text("list before", machine_value(machine, TCPIP_KEY, u"InitialSearchList"), "");
    is_so &= is_text("list of policy", machine_value(machine, POLICY_KEY, u"SearchList"), policy);
    return is_so & is_text("list of policy before",
                           machine_value(machine, POLICY_KEY, u"InitialSearchList"), "");
}

static bool is_as_before(void)
{
    char rows[ROWS_SIZE];
    draw_rows(rows);
    bool is_so = is_text("rows", rows, rows_before);
    is_so &= others_find_all_as_expected();
    is_so &= are_rules_as_before();
    is_so &= are_lists_as_before();
    return is_so & is_text("DNS client", machine_dns_is_told(world.machine) ? "" : "not told", "");
}

static void begin(void)
{
    crash_open(&world);
    others_begin(&world);
    if (choice & LIST_OF_POLICY)
        machine_set_text(world.machine, POLICY_KEY, u"SearchList", u"policy.example");
    if (choice & RULES_OF_POLICY)
        machine_set_number(world.machine, POLICY_RULES_KEY u"\\{policy}", u"Version", 2);
    if (choice & RULES_OF_USER)
        machine_set_number(world.machine, RULES_KEY u"\\{user}", u"Version", 2);
    snprintf(list_before, sizeof(list_before), "%s",
             machine_value(world.machine, TCPIP_KEY, u"SearchList"));
    draw_rows(rows_before);
    machine_destroy(world.before);
    world.before = machine_snapshot(world.machine);
    crash_sync(&world);
}

static bool is_healed_after(uint64_t seed)
{
    random_begin(seed);
    choice = random_below(ALL + 1);
    stage = random_below(STAGES);
    begin();
    for (unsigned lives = 1 + random_below(MOST_LIVES); lives > 0; lives--) {
        live();
        go_on();
    }
    for (size_t i = 0; i < OTHERS_ADAPTERS; i++)
        if (adapters[i].is_away)
            others_plug_in(&adapters[i]);
    crash_begin(&world, 0, 0, false);
    channel_retry(world.ledger, machine_network(world.machine));
    bool is_healed = !ledger_left(world.ledger) && !journal_open_count(world.journal);
    if (!is_healed)
        fprintf(stderr, "the journal still tells of something\n");
    crash_end(&world);
    is_healed &= is_as_before();
    crash_close(&world);
    return is_healed;
}

static void test_whatever_others_do_nothing_of_a_session_is_left(void **state)
{
    (void)state;
    const struct random_seeds seeds = random_seeds(RUNS);
    for (uint64_t seed = seeds.first; seed < seeds.first + seeds.count; seed++) {
        if (!is_healed_after(seed))
            fail_msg("GATEHOUSE_SEED=%llu: not as others have left it", (unsigned long long)seed);
    }
    print_message("%u runs among others' changes\n", (unsigned)seeds.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whatever_others_do_nothing_of_a_session_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
