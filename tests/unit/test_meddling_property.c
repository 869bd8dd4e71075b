/* SPDX-License-Identifier: MIT */
/* Sessions set what nobody else sets. Meanwhile other programs set theirs, adapters are pulled,
 * plugged in and replaced by others with the same LUID, Windows sleeps, the disk and the registry
 * fail, the process dies and the power goes. In the end nothing of a session's is left.
 *
 * Which of these may happen is the seed's choice, too. GATEHOUSE_SEED=<number> plays that run
 * alone. */
#include "channel/records.h"
#include "tests/unit/crash.h"

#include "base/errors.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS = 1000, MOST_STEPS = 30, MOST_LIVES = 4 };

enum meddling {
    OTHERS_SET = 1,
    POWER_GOES = 2,
    ADAPTERS_ARE_PULLED = 4,
    ADAPTERS_ARE_REPLACED = 8,
    WINDOWS_SLEEPS = 16,
    DISK_FAILS = 32,
    FLUSH_FAILS = 64,
    MACHINE_FAILS = 128,
    ALL_MEDDLING = 255
};

/* What sessions set, and nobody else. */
enum { OUR_MTU = 1380, OUR_METRIC = 3, OUR_VALUES = 3 };

#define NETBT u"SYSTEM\\CurrentControlSet\\Services\\NetBT\\Parameters\\Interfaces\\Tcpip_"
#define ADAPTERS                                                                                   \
    u"SYSTEM\\CurrentControlSet\\Control\\Network\\{4d36e972-e325-11ce-bfc1-08002be10318}\\"

struct adapter {
    const char *alias;
    uint32_t index;
    uint64_t luid;
    bool is_away;
    uint32_t mtu; /* what Windows remembers of one that is away */
    struct interface_metric metric;
};

static struct crash world;
static unsigned meddling;
static struct adapter adapters[2];

static struct network *network(void)
{
    return machine_network(world.machine);
}

static bool may(enum meddling what, unsigned chances)
{
    return meddling & (unsigned)what && random_one_in(chances);
}

static void must(bool condition)
{
    if (!condition)
        abort();
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

static void path_of_adapter(const struct adapter *adapter, const char16_t *before,
                            const char16_t *after, char16_t path[PATH_UNITS])
{
    char16_t guid[GUID_UNITS];
    must(!network()->get_guid(network(), adapter->luid, guid));
    must(path_join(path, before, guid, after, NULL));
}

static void install(const struct adapter *adapter)
{
    char16_t path[PATH_UNITS];
    path_of_adapter(adapter, ADAPTERS, u"\\Connection", path);
    machine_add_key(world.machine, path);
}

static void somebody_sets(const struct adapter *adapter)
{
    const struct interface_metric metric = {.metric = 70 + random_below(OUR_VALUES)};
    char16_t path[PATH_UNITS];
    switch (random_below(3)) {
    case 0:
        must(!network()->set_mtu(network(), adapter->luid, FAMILY_IPV4,
                                 1450 + random_below(OUR_VALUES)));
        break;
    case 1:
        must(!network()->set_metric(network(), adapter->luid, FAMILY_IPV4, &metric));
        break;
    default:
        path_of_adapter(adapter, TCPIP_KEY INTERFACES u"\\", NULL, path);
        machine_set_text(world.machine, path, u"NameServer",
                         random_one_in(2) ? u"9.9.9.9" : u"8.8.8.8");
    }
}

static void pull(struct adapter *adapter)
{
    must(!network()->get_mtu(network(), adapter->luid, FAMILY_IPV4, &adapter->mtu));
    must(!network()->get_metric(network(), adapter->luid, FAMILY_IPV4, &adapter->metric));
    machine_remove_interface(world.machine, adapter->index);
    adapter->is_away = true;
}

static void plug_in(struct adapter *adapter)
{
    machine_add_interface(world.machine, adapter->index, adapter->luid, adapter->alias);
    must(!network()->set_mtu(network(), adapter->luid, FAMILY_IPV4, adapter->mtu));
    must(!network()->set_metric(network(), adapter->luid, FAMILY_IPV4, &adapter->metric));
    adapter->is_away = false;
}

/* Uninstalled, and another one gets its LUID. */
static void replace(struct adapter *adapter)
{
    char16_t path[PATH_UNITS];
    path_of_adapter(adapter, ADAPTERS, u"\\Connection", path);
    machine_remove_keys(world.machine, path);
    machine_remove_interface(world.machine, adapter->index);
    adapter->index += 16;
    machine_add_interface(world.machine, adapter->index, adapter->luid, adapter->alias);
    install(adapter);
    crash_sync(&world);
}

static void meddle(void)
{
    struct adapter *adapter = &adapters[random_below(2)];
    if (world.is_dead)
        return;
    begin_meddling();
    if (adapter->is_away) {
        if (random_one_in(4))
            plug_in(adapter);
    } else if (may(OTHERS_SET, 6)) {
        somebody_sets(adapter);
    } else if (may(ADAPTERS_ARE_PULLED, 12)) {
        pull(adapter);
    } else if (may(ADAPTERS_ARE_REPLACED, 12)) {
        replace(adapter);
    }
    end_meddling();
}

static void let_something_fail(void)
{
    static const char *const of_file[] = {"append", "append", "flush", "replace", "read"};
    if (may(DISK_FAILS, 8) && random_one_in(3))
        fake_file_tear(world.file, 1 + random_below(4), ERROR_GEN_FAILURE, random_below(300));
    else if (may(DISK_FAILS, 8))
        fake_file_fail(world.file, of_file[random_below(5)], 1 + random_below(4),
                       ERROR_GEN_FAILURE);
    if (may(FLUSH_FAILS, 8))
        machine_fail(world.machine, "flush", 1 + random_below(3), ERROR_GEN_FAILURE);
    if (may(MACHINE_FAILS, 4))
        random_fault(world.machine);
}

/* ---- what sessions ask for ---- */

static struct message our_name_servers(const struct adapter *adapter)
{
    struct message message = {.id = 7,
                              .kind = random_one_in(3) ? MESSAGE_DELETE_DNS : MESSAGE_ADD_DNS};
    struct message_dns *dns = &message.dns;
    snprintf(dns->interface.name, sizeof(dns->interface.name), "%s", adapter->alias);
    if (random_one_in(2))
        snprintf(dns->domains, sizeof(dns->domains), "ours%u.example", random_below(2));
    dns->family = FAMILY_IPV4;
    dns->address_count = message.kind == MESSAGE_ADD_DNS;
    dns->addresses[0].bytes[0] = 10;
    dns->addresses[0].bytes[3] = (uint8_t)(1 + random_below(OUR_VALUES));
    return message;
}

static struct message our_wins(const struct adapter *adapter)
{
    struct message message = {.id = 7,
                              .kind = random_one_in(3) ? MESSAGE_DELETE_WINS : MESSAGE_ADD_WINS};
    message.wins.interface.index = adapter->index;
    message.wins.address_count = 1 + random_below(2);
    for (unsigned i = 0; i < 2; i++) {
        message.wins.addresses[i].bytes[0] = 10;
        message.wins.addresses[i].bytes[3] = (uint8_t)(1 + random_below(OUR_VALUES));
    }
    return message;
}

static struct message our_message(void)
{
    const struct adapter *adapter = &adapters[random_below(2)];
    struct message message = {.kind = MESSAGE_SET_MTU, .id = 7};
    switch (random_below(6)) {
    case 0:
        message.kind = random_one_in(3) ? MESSAGE_DELETE_WFP_BLOCK : MESSAGE_ADD_WFP_BLOCK;
        message.wfp_block = (struct message_wfp_block){1, {.index = adapter->index}};
        return message;
    case 1:
    case 2:
        return our_name_servers(adapter);
    case 3:
        /* An append that fails and a death within netsh are one more than can be made up for. */
        if (!(meddling & DISK_FAILS))
            return our_wins(adapter);
        break;
    default:
        break;
    }
    message.mtu = (struct message_mtu){
        {.index = adapter->index}, FAMILY_IPV4, OUR_MTU + random_below(OUR_VALUES)};
    return message;
}

/* ---- lives ---- */

static void act(void)
{
    struct channel *channel = &world.channels[random_below(world.living)];
    struct ledger_summary ignored;
    if (may(WINDOWS_SLEEPS, 8)) {
        channel_verify(world.ledger, network(), &ignored);
    } else if (random_one_in(10)) {
        channel_retry(world.ledger, network());
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
    bool dies = !random_one_in(4);
    crash_begin(&world, dies ? 1 + random_below(1u << (4 + random_below(7))) : 0,
                2 + random_below(3), false);
    for (unsigned left = random_below(MOST_STEPS); left > 0 && world.living; left--) {
        meddle();
        let_something_fail();
        if (random_one_in(6))
            crash_sync(&world);
        act();
    }
    crash_end(&world);
}

static void heal(void)
{
    static const char *const operations[] = {"append", "flush", "replace", "read"};
    begin_meddling();
    for (unsigned i = 0; i < 4; i++)
        fake_file_fail(world.file, operations[i], 0, 0);
}

/* The picture of the machine on its disk tells of adapters, too: while one is away, the picture of
 * now is taken; an earlier one may know of one that was away then. */
static void lose_power(void)
{
    bool is_any_away = adapters[0].is_away || adapters[1].is_away;
    crash_power_loss(&world, is_any_away ? 0 : random_below(1000));
    for (unsigned i = 0; i < 2; i++) {
        uint64_t luid;
        adapters[i].is_away =
            network()->find_interface(network(), adapters[i].index, "", &luid) != 0;
    }
}

/* ---- the end ---- */

static bool is_ours(const char *value)
{
    return value && (strstr(value, "10.0.0.") || strstr(value, "ours"));
}

static bool is_clean(const struct adapter *adapter)
{
    char16_t key[PATH_UNITS], netbt[PATH_UNITS];
    struct interface_metric metric;
    uint32_t mtu;
    must(!network()->get_mtu(network(), adapter->luid, FAMILY_IPV4, &mtu));
    must(!network()->get_metric(network(), adapter->luid, FAMILY_IPV4, &metric));
    path_of_adapter(adapter, TCPIP_KEY INTERFACES u"\\", NULL, key);
    path_of_adapter(adapter, NETBT, NULL, netbt);
    bool is_clean = !(mtu >= OUR_MTU && mtu < OUR_MTU + OUR_VALUES) &&
                    (metric.automatic || metric.metric != OUR_METRIC) &&
                    !is_ours(machine_value(world.machine, key, u"NameServer")) &&
                    !is_ours(machine_value(world.machine, key, u"SearchList")) &&
                    !is_ours(machine_value(world.machine, netbt, u"NameServerList"));
    if (!is_clean)
        fprintf(stderr, "%s: MTU %u, metric %u\n", adapter->alias, (unsigned)mtu,
                (unsigned)metric.metric);
    return is_clean;
}

static bool is_healed_after(uint64_t seed)
{
    random_begin(seed);
    meddling = random_below(ALL_MEDDLING + 1);
    crash_open(&world);
    adapters[0] = (struct adapter){.alias = "OpenVPN TAP-Windows6", .index = POPULATED_TAP};
    adapters[1] = (struct adapter){.alias = "Local Area Connection 2", .index = POPULATED_VPN};
    for (unsigned i = 0; i < 2; i++) {
        must(!network()->find_interface(network(), adapters[i].index, "", &adapters[i].luid));
        install(&adapters[i]);
    }
    crash_sync(&world);

    for (unsigned lives = 1 + random_below(MOST_LIVES); lives > 0; lives--) {
        live();
        heal();
        if (may(POWER_GOES, 2))
            lose_power();
        else
            crash_revive(&world);
        world.is_dead = false;
    }
    for (unsigned i = 0; i < 2; i++)
        if (adapters[i].is_away)
            plug_in(&adapters[i]);
    crash_begin(&world, 0, 0, false);
    channel_retry(world.ledger, network());
    bool is_healed = !ledger_left(world.ledger) && !journal_open_count(world.journal);
    crash_end(&world);
    is_healed &= is_clean(&adapters[0]);
    is_healed &= is_clean(&adapters[1]);
    is_healed &= !is_ours(machine_value(world.machine, TCPIP_KEY, u"SearchList"));
    crash_close(&world);
    return is_healed;
}

static void test_whatever_others_do_nothing_of_a_session_is_left(void **state)
{
    (void)state;
    const struct random_seeds seeds = random_seeds(RUNS);
    for (uint64_t seed = seeds.first; seed < seeds.first + seeds.count; seed++) {
        if (!is_healed_after(seed))
            fail_msg("GATEHOUSE_SEED=%llu (meddling %u): something is left",
                     (unsigned long long)seed, meddling);
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
