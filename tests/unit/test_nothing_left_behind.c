/* SPDX-License-Identifier: MIT */
/* The promise of the service: at the end the machine is as before.
 *
 * One to three instances of the service, each with sessions of several users on threads of their
 * own, make every kind of change at once, on few resources, while calls fail and instances die at
 * any step and start again beside the living ones. When all have ended nothing may be left: not on
 * the machine, not in a journal. GATEHOUSE_SEED=<number> runs that seed alone (threads make each
 * run of it a little different), GATEHOUSE_RUNS=<number> that many seeds. */
#include "fakes/memory/journal_file.h"
#include "fakes/memory/other_journals.h"
#include "resource/resources.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/random_client.h"

#include "base/lock.h"
#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>

enum { RUNS = 120, INSTANCES = 3, SESSIONS = 4, MOST_REQUESTS = 24, MOST_LIVES = 3, USERS = 2 };

static struct world {
    struct fake_machine *machine, *before;
    struct fake_folder *folder;
    struct network *network;
    bool is_faulty;
    bool is_narrow; /* all ask for the same few names */
} world;

struct instance {
    pthread_t thread;
    unsigned number;
    uint64_t seed;
    struct fake_file *file;
    struct other_journals *others;
    struct journal *journal;
    struct ledger *ledger;
    struct ledger_user users[USERS];
    struct lock lock; /* guards what follows */
    unsigned steps, die_at;
    bool is_dead;
};

struct session {
    pthread_t thread;
    struct instance *instance;
    unsigned number;
    uint64_t seed;
};

static void discard_log(const struct log_line *line)
{
    (void)line;
}

/* ---- death ---- */

static bool take_step(void *context)
{
    struct instance *instance = context;
    lock_acquire(&instance->lock);
    if (++instance->steps == instance->die_at)
        instance->is_dead = true;
    bool is_alive = !instance->is_dead;
    lock_release(&instance->lock);
    return is_alive;
}

static bool step_of_machine(void *context, const char *operation)
{
    (void)operation;
    return take_step(context);
}

/* ---- a session ---- */

static struct message narrow_message(void)
{
    struct message message = {.id = 7};
    switch (random_below(5)) {
    case 0:
        message = route_message(random_one_in(2) ? MESSAGE_ADD_ROUTE : MESSAGE_DELETE_ROUTE,
                                POPULATED_ETHERNET, V4(0, 0, 0, 0), 0, V4(192, 168, 1, 1),
                                random_one_in(2) ? -1 : 0);
        break;
    case 1:
        message.kind = random_one_in(3) ? MESSAGE_DELETE_DNS : MESSAGE_ADD_DNS;
        snprintf(message.dns.interface.name, sizeof(message.dns.interface.name),
                 "OpenVPN TAP-Windows6");
        snprintf(message.dns.domains, sizeof(message.dns.domains), "evil.example");
        message.dns.family = FAMILY_IPV4;
        message.dns.address_count = 1;
        message.dns.addresses[0].bytes[0] = (uint8_t)(10 + random_below(2));
        break;
    default:
        message.kind = random_one_in(2) ? MESSAGE_DELETE_NRPT : MESSAGE_ADD_NRPT;
        snprintf(message.nrpt.interface.name, sizeof(message.nrpt.interface.name),
                 "OpenVPN TAP-Windows6");
        snprintf(message.nrpt.addresses[0], sizeof(message.nrpt.addresses[0]), "10.8.0.1");
        snprintf(message.nrpt.search_domains, sizeof(message.nrpt.search_domains),
                 random_one_in(2) ? "evil.example" : "corp.example,evil.example");
    }
    return message;
}

static void *run_session(void *argument)
{
    struct session *session = argument;
    struct instance *instance = session->instance;
    struct channel_options options = client_options;
    struct channel channel;
    machine_be_process(instance->number);
    random_begin(session->seed);
    options.process_id = 1000 + 100 * instance->number + session->number;
    options.user = &instance->users[session->number % USERS];
    channel_open(&channel, instance->ledger, world.network,
                 random_one_in(4) ? &random_layout_2_6 : &client_layout, &options);
    for (unsigned left = random_below(MOST_REQUESTS); left > 0; left--) {
        const struct message message = world.is_narrow ? narrow_message() : random_message();
        if (world.is_faulty && random_one_in(6))
            random_fault(world.machine);
        if (random_one_in(12))
            channel_close(&channel);
        else
            random_client_send(&channel, &message);
    }
    channel_close(&channel);
    return NULL;
}

/* ---- an instance ---- */

static bool start_process(struct instance *instance, unsigned die_at)
{
    struct journal_report report;
    struct ledger_summary summary;
    uint32_t clean_up_error;
    instance->steps = 0;
    instance->die_at = die_at;
    instance->is_dead = false;
    instance->ledger = NULL;
    machine_restart_process(world.machine);
    machine_set_step(world.machine, step_of_machine, instance);
    fake_file_watch(instance->file, take_step, instance);
    const struct journal_options options = {fake_file_open(instance->file), 1};
    if (journal_open(&options, &instance->journal, &report))
        return false;
    instance->ledger = resources_ledger_create(world.network, instance->journal, instance->others);
    if (!instance->ledger)
        abort();
    resources_recover(instance->ledger, world.network, &summary, &clean_up_error);
    return true;
}

static void end_process(struct instance *instance)
{
    ledger_destroy(instance->ledger);
    journal_close(instance->journal);
}

static void run_sessions(struct instance *instance)
{
    struct session sessions[SESSIONS];
    unsigned count = 1 + random_below(SESSIONS);
    for (unsigned i = 0; i < count; i++) {
        sessions[i] = (struct session){.instance = instance, .number = i};
        sessions[i].seed = (uint64_t)random_below(1u << 31) << 20 | i;
        if (pthread_create(&sessions[i].thread, NULL, run_session, &sessions[i]))
            abort();
    }
    for (unsigned i = 0; i < count; i++)
        pthread_join(sessions[i].thread, NULL);
    if (!instance->is_dead)
        resources_retry(instance->ledger, world.network);
}

static void *run_instance(void *argument)
{
    struct instance *instance = argument;
    machine_be_process(instance->number);
    random_begin(instance->seed);
    for (unsigned lives = 1 + random_below(MOST_LIVES); lives > 0; lives--) {
        unsigned die_at = random_one_in(2) ? 1 + random_below(1u << (3 + random_below(8))) : 0;
        if (!start_process(instance, die_at))
            continue;
        if (!instance->is_dead)
            run_sessions(instance);
        end_process(instance);
    }
    return NULL;
}

/* Each once more, without faults, until nothing is left to do. */
static bool heal(struct instance *instances, unsigned count)
{
    size_t left = 0;
    for (unsigned i = 0; i < count; i++) {
        struct instance *instance = &instances[i];
        machine_be_process(instance->number);
        if (!start_process(instance, 0))
            return false;
        left += resources_retry(instance->ledger, world.network);
        left += journal_open_count(instance->journal);
        left += ledger_claim_count(instance->ledger);
        end_process(instance);
        machine_restart_process(world.machine);
    }
    machine_be_process(0);
    return !left;
}

static bool run_seed(struct fake_machine *populated, uint64_t seed)
{
    struct instance instances[INSTANCES] = {0};
    random_begin(seed);
    unsigned count = 1 + random_below(INSTANCES);
    world.machine = machine_snapshot(populated);
    world.before = machine_snapshot(populated);
    world.network = machine_network(world.machine);
    world.folder = fake_folder_create();
    world.is_faulty = random_one_in(3);
    world.is_narrow = random_one_in(2);
    machine_set_openvpn(world.machine, (uint32_t)EVERY_PROCESS);
    machine_set_openvpn(world.before, (uint32_t)EVERY_PROCESS);
    for (unsigned i = 0; i < count; i++) {
        instances[i].number = i;
        instances[i].seed = seed * INSTANCES + i;
        instances[i].file = fake_file_create();
        instances[i].others = fake_folder_add(world.folder, instances[i].file);
        for (unsigned j = 0; j < USERS; j++)
            instances[i].users[j].limit = LEDGER_SESSION_CLAIMS;
    }
    for (unsigned i = 0; i < count; i++)
        if (pthread_create(&instances[i].thread, NULL, run_instance, &instances[i]))
            abort();
    for (unsigned i = 0; i < count; i++)
        pthread_join(instances[i].thread, NULL);
    machine_clear_faults(world.machine);
    heal(instances, count); /* one may have to wait for what another one has left */
    bool is_healed = heal(instances, count);
    if (!is_healed)
        fprintf(stderr, "something is left to be undone\n");
    is_healed &= machine_equal(world.before, world.machine);
    for (unsigned i = 0; i < count; i++)
        fake_file_destroy(instances[i].file);
    fake_folder_destroy(world.folder);
    machine_destroy(world.before);
    machine_destroy(world.machine);
    return is_healed;
}

static void test_at_the_end_the_machine_is_as_before(void **state)
{
    struct fake_machine *populated = machine_create();
    const struct random_seeds seeds = random_seeds(RUNS);
    (void)state;
    machine_populate(populated);
    log_to(discard_log);
    for (uint64_t seed = seeds.first; seed < seeds.first + seeds.count; seed++)
        if (!run_seed(populated, seed))
            fail_msg("GATEHOUSE_SEED=%llu: not as before", (unsigned long long)seed);
    machine_destroy(populated);
    print_message("%u runs\n", (unsigned)seeds.count);
    log_to(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_the_end_the_machine_is_as_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
