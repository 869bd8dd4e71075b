/* SPDX-License-Identifier: MIT */
#include "tests/unit/crash.h"
#include "resource/resources.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

static void must(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void discard_log(const struct log_line *line)
{
    (void)line;
}

/* Once dead, the process stays dead until the next crash_start(). */
static bool step(void *context)
{
    struct crash *crash = context;
    if (!crash->is_dead && ++crash->steps == crash->die_at)
        crash->is_dead = true;
    return !crash->is_dead;
}

static bool step_of_machine(void *context, const char *operation)
{
    (void)operation;
    return step(context);
}

void crash_open(struct crash *crash)
{
    memset(crash, 0, sizeof(*crash));
    crash->machine = machine_create();
    machine_populate(crash->machine);
    crash->before = machine_snapshot(crash->machine);
    crash->disk = machine_snapshot(crash->machine);
    crash->file = fake_file_create();
    crash->boot = 1;
    log_to(discard_log);
}

void crash_close(struct crash *crash)
{
    machine_destroy(crash->disk);
    machine_destroy(crash->before);
    machine_destroy(crash->machine);
    fake_file_destroy(crash->file);
    log_to(NULL);
}

void crash_sync(struct crash *crash)
{
    if (crash->is_dead)
        return;
    machine_destroy(crash->disk);
    crash->disk = machine_snapshot(crash->machine);
}

/* There is one world at a time, and a flush of its registry writes all of it to its disk. */
static struct crash *flushed_world;
static uint32_t (*fake_flush)(struct registry *self);

static uint32_t flush_to_disk(struct registry *self)
{
    uint32_t error = fake_flush(self);
    if (!error)
        crash_sync(flushed_world);
    return error;
}

static void watch_flush(struct crash *crash)
{
    struct registry *registry = machine_network(crash->machine)->registry;
    flushed_world = crash;
    if (registry->flush != flush_to_disk)
        fake_flush = registry->flush;
    registry->flush = flush_to_disk;
}

static void open_sessions(struct crash *crash, unsigned sessions, bool random_dialect)
{
    for (; crash->session_count < sessions; crash->session_count++) {
        struct channel_options options = client_options;
        options.process_id += crash->session_count;
        bool is_old = random_dialect && random_one_in(4);
        channel_open(&crash->channels[crash->session_count], crash->ledger,
                     machine_network(crash->machine), is_old ? &random_layout_2_6 : &client_layout,
                     &options);
    }
}

void crash_start(struct crash *crash, unsigned die_at, unsigned sessions, bool random_dialect)
{
    struct journal_report report;
    crash->steps = 0;
    crash->die_at = die_at;
    crash->is_dead = false;
    crash->session_count = 0;
    crash->ledger = NULL;
    crash->recovered = (struct ledger_summary){0};
    machine_set_step(crash->machine, step_of_machine, crash);
    fake_file_watch(crash->file, step, crash);

    watch_flush(crash);

    const struct journal_options options = {fake_file_open(crash->file), crash->boot};
    if (journal_open(&options, &crash->journal, &report)) {
        must(crash->is_dead, "the journal could not be opened");
        crash->journal = NULL;
        return;
    }
    must(!report.damaged && !report.is_newer, "the journal was found damaged");
    crash->ledger = resources_ledger_create(machine_network(crash->machine), crash->journal, NULL);
    must(crash->ledger, "no ledger");
    uint32_t ignored;
    must(!resources_recover(crash->ledger, machine_network(crash->machine), &crash->recovered,
                            &ignored),
         "no memory");
    if (!crash->is_dead)
        open_sessions(crash, sessions, random_dialect);
}

unsigned crash_stop(struct crash *crash)
{
    if (!crash->journal)
        return crash->steps;
    while (crash->session_count > 0)
        channel_close(&crash->channels[--crash->session_count]);
    if (!crash->is_dead)
        resources_retry(crash->ledger, machine_network(crash->machine));
    ledger_destroy(crash->ledger);
    journal_close(crash->journal);
    crash->journal = NULL;
    return crash->steps;
}

void crash_die(struct crash *crash)
{
    crash->die_at = crash->steps + 1;
    crash_stop(crash);
}

void crash_restart_service(struct crash *crash)
{
    machine_restart_process(crash->machine);
}

/* Windows boots with what is on its disk. */
static void boot(struct crash *crash)
{
    machine_reboot(crash->machine, crash->before);
    crash->boot++;
    crash->is_dead = false;
    crash_sync(crash);
}

void crash_reboot(struct crash *crash)
{
    boot(crash);
}

/* The registry is as it was last written to disk or, if it was written just in time, as it is
 * now. */
void crash_power_loss(struct crash *crash, uint64_t seed)
{
    fake_file_lose_power(crash->file, (uint32_t)seed);
    if (seed % 3) {
        machine_destroy(crash->machine);
        crash->machine = machine_snapshot(crash->disk);
    }
    boot(crash);
}

bool crash_check_recovery(struct crash *crash)
{
    crash_start(crash, 0, 0, false);
    bool is_healed = machine_equal(crash->before, crash->machine);
    size_t open = journal_open_count(crash->journal);
    if (crash->recovered.failed || open || ledger_claim_count(crash->ledger)) {
        fprintf(stderr, "recovery left %zu undone, %zu in the journal, %zu claims\n",
                crash->recovered.failed, open, ledger_claim_count(crash->ledger));
        is_healed = false;
    }
    if (!machine_dns_is_notified(crash->machine)) {
        fprintf(stderr, "the DNS client has not been told\n");
        is_healed = false;
    }
    crash_stop(crash);
    return is_healed;
}

/* ---- every kind of change ---- */

static void request_change(struct crash *crash, struct message message)
{
    if (random_one_in(6))
        crash_sync(crash);
    random_client_send(&crash->channels[0], &message);
}

static struct message setting(enum message_kind kind, uint32_t index)
{
    struct message message = {.kind = kind, .id = 7};
    switch (kind) {
    case MESSAGE_SET_MTU:
        message.mtu = (struct message_mtu){{.index = index}, FAMILY_IPV4, 1380};
        break;
    case MESSAGE_ENABLE_DHCP:
        message.dhcp.interface.index = index;
        break;
    default:
        message.wfp_block = (struct message_wfp_block){1, {.index = index}};
    }
    return message;
}

static struct message dns(enum message_kind kind, int16_t family, const char *domains)
{
    struct message message = {.kind = kind, .id = 7};
    snprintf(message.dns.interface.name, sizeof(message.dns.interface.name), "%s",
             "OpenVPN TAP-Windows6");
    snprintf(message.dns.domains, sizeof(message.dns.domains), "%s", domains);
    message.dns.family = family;
    message.dns.address_count = 2;
    message.dns.addresses[0].bytes[0] = 10;
    message.dns.addresses[1].bytes[0] = 11;
    return message;
}

static struct message nrpt(enum message_kind kind, const char *resolve, const char *search)
{
    struct message message = {.kind = kind, .id = 7, .nrpt.flags = 1};
    struct message_nrpt *rule = &message.nrpt;
    snprintf(rule->interface.name, sizeof(rule->interface.name), "%s", "OpenVPN TAP-Windows6");
    snprintf(rule->resolve_domains, sizeof(rule->resolve_domains) - 1, "%s", resolve);
    snprintf(rule->search_domains, sizeof(rule->search_domains), "%s", search);
    snprintf(rule->addresses[0], sizeof(rule->addresses[0]), "10.8.0.53");
    snprintf(rule->addresses[1], sizeof(rule->addresses[1]), "fd00::53");
    return message;
}

static struct message wins(enum message_kind kind)
{
    struct message message = {.kind = kind, .id = 7};
    message.wins = (struct message_wins){.interface.index = POPULATED_TAP, .address_count = 2};
    message.wins.addresses[0].bytes[0] = 10;
    message.wins.addresses[1].bytes[0] = 11;
    return message;
}

struct message crash_wins_servers(void)
{
    return wins(MESSAGE_ADD_WINS);
}

struct message crash_name_servers(void)
{
    return dns(MESSAGE_ADD_DNS, FAMILY_IPV4, "corp.example");
}

struct message crash_rule(void)
{
    return nrpt(MESSAGE_ADD_NRPT, ".corp.example", "a.example");
}

void crash_change_every_kind(struct crash *crash)
{
    if (!crash->session_count)
        return;
    request_change(crash, address_message(MESSAGE_ADD_ADDRESS, POPULATED_VPN, V4(10, 8, 0, 6), 24));
    request_change(
        crash, address_message(MESSAGE_DELETE_ADDRESS, POPULATED_WIFI, V4(192, 168, 1, 57), 24));
    request_change(crash, route_message(MESSAGE_ADD_ROUTE, POPULATED_VPN, V4(10, 20, 0, 0), 16,
                                        V4(10, 8, 0, 1), 7));
    request_change(crash, route_message(MESSAGE_DELETE_ROUTE, POPULATED_ETHERNET, V4(0, 0, 0, 0), 0,
                                        V4(192, 168, 1, 1), -1));
    request_change(crash, route_message(MESSAGE_ADD_ROUTE, POPULATED_VPN, V4(0, 0, 0, 0), 0,
                                        V4(10, 8, 0, 1), -1));
    request_change(crash, setting(MESSAGE_SET_MTU, POPULATED_TAP));
    request_change(crash, setting(MESSAGE_ADD_WFP_BLOCK, POPULATED_TAP));
    request_change(crash, dns(MESSAGE_ADD_DNS, FAMILY_IPV4, "corp.example"));
    request_change(crash, dns(MESSAGE_ADD_DNS, FAMILY_IPV6, ""));
    request_change(crash, nrpt(MESSAGE_ADD_NRPT, ".corp.example", "a.example"));
    request_change(crash, wins(MESSAGE_ADD_WINS));
    request_change(crash, setting(MESSAGE_ENABLE_DHCP, POPULATED_TAP));
    request_change(crash, nrpt(MESSAGE_ADD_NRPT, "", "b.example")); /* replaces the first one */
    request_change(crash, dns(MESSAGE_ADD_DNS, FAMILY_IPV4, "other.example"));
    request_change(crash, wins(MESSAGE_DELETE_WINS));
    request_change(crash, wins(MESSAGE_ADD_WINS));
    request_change(crash, route_message(MESSAGE_DELETE_ROUTE, POPULATED_VPN, V4(10, 20, 0, 0), 16,
                                        V4(10, 8, 0, 1), 7));
    request_change(crash, nrpt(MESSAGE_DELETE_NRPT, "", ""));
    request_change(crash, nrpt(MESSAGE_ADD_NRPT, ".x.example", "x.example"));
    request_change(crash, setting(MESSAGE_DELETE_WFP_BLOCK, POPULATED_TAP));
    request_change(crash, setting(MESSAGE_ADD_WFP_BLOCK, POPULATED_VPN));
}
