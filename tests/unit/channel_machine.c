/* SPDX-License-Identifier: MIT */
#include "tests/unit/channel_machine.h"
#include "resource/resources.h"

#include "base/errors.h"
#include "base/log.h"
#include "base/numeric.h"
#include "policy/vpn_adapters.h"

#include <string.h>

struct fake_machine *machine, *before;
struct network *network;
struct ledger *ledger;
struct channel channel, other, old;
char last_line[512];
uint32_t last_error;
unsigned line_count;

static void keep_line(const struct log_line *line)
{
    last_error = line->error;
    line_count++;
    snprintf(last_line, sizeof(last_line), "%s", line->text);
}

static int set_up(const char16_t *vpn_adapters)
{
    static const struct message_layout layout_2_6 = {.machine = MACHINE_X64,
                                                     .dialect = DIALECT_UP_TO_2_6};
    struct channel_options options = {.process_id = 4242, .vpn_adapters = vpn_adapters};
    machine = machine_create();
    machine_populate(machine);
    before = machine_snapshot(machine);
    network = machine_network(machine);
    ledger = resources_ledger_create(network, NULL, NULL);
    if (!ledger)
        return -1;
    last_line[0] = '\0';
    last_error = line_count = 0;
    log_to(keep_line);
    channel_open(&channel, ledger, network, &client_layout, &options);
    options.process_id = 4343;
    channel_open(&other, ledger, network, &client_layout, &options);
    options.process_id = 4444;
    channel_open(&old, ledger, network, &layout_2_6, &options);
    return 0;
}

int set_up_machine(void **state)
{
    (void)state;
    return set_up(VPN_ADAPTERS_DEFAULT u",wintun"); /* the driver of one adapter */
}

int set_up_machine_for_any_adapter(void **state)
{
    (void)state;
    return set_up(u"*");
}

void remember(void)
{
    machine_destroy(before);
    before = machine_snapshot(machine);
}

int tear_down_machine(void **state)
{
    (void)state;
    machine_clear_faults(machine);
    channel_close(&channel);
    channel_close(&other);
    channel_close(&old);
    assert_int_equal(ledger_claim_count(ledger), 0);
    assert_unchanged();
    ledger_destroy(ledger);
    machine_destroy(before);
    machine_destroy(machine);
    log_to(NULL);
    return 0;
}

/* ---- messages ---- */

static uint32_t read_addresses(const char *text, struct message_ip addresses[4])
{
    uint32_t count = 0;
    for (; *text; text += strspn(text, " ")) {
        char16_t units[64];
        struct ip ip;
        size_t size = strcspn(text, " ");
        size_t length = text_from_utf8(text, size, units, 64);
        assert_true(count < 4);
        assert_true(numeric_parse(units, length, &ip));
        memcpy(addresses[count++].bytes, ip.bytes, sizeof(ip.bytes));
        text += size;
    }
    return count;
}

struct message dns_message(enum message_kind kind, const char *name, int16_t family,
                           const char *addresses, const char *domains)
{
    struct message message = {.kind = kind, .id = 7};
    struct message_dns *dns = &message.dns;
    dns->interface.index = 77; /* the index, which must be ignored */
    snprintf(dns->interface.name, sizeof(dns->interface.name), "%s", name);
    snprintf(dns->domains, sizeof(dns->domains), "%s", domains);
    dns->family = family;
    dns->address_count = read_addresses(addresses, dns->addresses);
    return message;
}

struct message nrpt_message(enum message_kind kind, const char *name, const char *addresses,
                            const char *resolve, const char *search, uint32_t flags)
{
    struct message message = {.kind = kind, .id = 7, .nrpt.flags = flags};
    struct message_nrpt *nrpt = &message.nrpt;
    snprintf(nrpt->interface.name, sizeof(nrpt->interface.name), "%s", name);
    snprintf(nrpt->resolve_domains, sizeof(nrpt->resolve_domains) - 1, "%s", resolve);
    snprintf(nrpt->search_domains, sizeof(nrpt->search_domains), "%s", search);
    for (size_t i = 0; *addresses; i++, addresses += strspn(addresses, " ")) {
        size_t size = strcspn(addresses, " ");
        memcpy(nrpt->addresses[i], addresses, size);
        addresses += size;
    }
    return message;
}

struct message wins_message(enum message_kind kind, uint32_t index, const char *addresses)
{
    struct message message = {.kind = kind, .id = 7, .wins.interface.index = index};
    message.wins.address_count = read_addresses(addresses, message.wins.addresses);
    return message;
}

/* Encoded in the dialect of the session. */
static uint32_t send_message(struct channel *to, const struct message *message)
{
    unsigned char bytes[MESSAGE_MAX_SIZE], answer[ACKNOWLEDGEMENT_MAX_SIZE];
    struct message_layout layout = to->layout;
    struct message acknowledgement;
    size_t answer_size = 0, size = message_encode(&layout, message, bytes, sizeof(bytes));
    assert_true(size > 0);
    assert_true(channel_serve(to, bytes, size, answer, &answer_size));
    assert_int_equal(message_decode(&layout, answer, answer_size, &acknowledgement), 0);
    return (uint32_t)acknowledgement.acknowledgement.error;
}

uint32_t send_dns(struct channel *to, const char *name, int16_t family, const char *addresses,
                  const char *domains)
{
    const struct message message = dns_message(MESSAGE_ADD_DNS, name, family, addresses, domains);
    return send_message(to, &message);
}

uint32_t send_delete_dns(struct channel *to, const char *name, int16_t family, const char *domains)
{
    const struct message message = dns_message(MESSAGE_DELETE_DNS, name, family, "", domains);
    return send_message(to, &message);
}

uint32_t send_nrpt(struct channel *to, const char *addresses, const char *resolve,
                   const char *search)
{
    const struct message message =
        nrpt_message(MESSAGE_ADD_NRPT, VPN_NAME, addresses, resolve, search, 0);
    return send_message(to, &message);
}

uint32_t send_delete_nrpt(struct channel *to)
{
    const struct message message = nrpt_message(MESSAGE_DELETE_NRPT, VPN_NAME, "", "", "", 0);
    return send_message(to, &message);
}

/* ---- faults ---- */

void fail_each_call(struct channel *to, const struct message *message, const char *operation)
{
    unsigned failures = 0;
    for (unsigned nth = 1;; nth++) {
        machine_fail(machine, operation, nth, ERROR_GEN_FAILURE);
        unsigned calls = machine_calls(machine, operation);
        uint32_t error = send_message(to, message);
        bool is_reached = machine_calls(machine, operation) >= calls + nth;
        machine_clear_faults(machine);
        if (!is_reached) {
            assert_int_equal(error, 0);
            break;
        }
        if (error) {
            assert_int_equal(error, ERROR_GEN_FAILURE);
            if (!machine_equal(before, machine))
                fail_msg("call %u of %s left something behind", nth, operation);
            failures++;
        }
        assert_int_equal(channel_close(to), 0);
        assert_unchanged();
        assert_true(nth < 200);
    }
    if (!failures)
        fail_msg("no failure of %s was told", operation);
    assert_int_equal(channel_close(to), 0);
    assert_unchanged();
}
