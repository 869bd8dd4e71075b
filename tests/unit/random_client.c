/* SPDX-License-Identifier: MIT */
#include "tests/unit/random_client.h"

#include "base/errors.h"

#include <stdlib.h>
#include <string.h>

/* xorshift64*: the same numbers on every platform, so that a seed identifies a run. Each thread has
 * numbers of its own. */
static _Thread_local uint64_t random_state;

void random_begin(uint64_t seed)
{
    random_state = seed * 0x9E3779B97F4A7C15ULL + 1;
}

unsigned random_below(unsigned limit)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * 0x2545F4914F6CDD1DULL >> 33) % limit);
}

bool random_one_in(unsigned chances)
{
    return random_below(chances) == 0;
}

struct random_seeds random_seeds(uint64_t usual)
{
    const char *chosen = getenv("GATEHOUSE_SEED"), *runs = getenv("GATEHOUSE_RUNS");
    uint64_t count = runs ? strtoull(runs, NULL, 10) : chosen ? 1 : usual;
    return (struct random_seeds){chosen ? strtoull(chosen, NULL, 10) : 1, count};
}

/* Few keys, so that sessions conflict; half of them are of routes that exist already. */
static struct message random_route(enum message_kind kind)
{
    static const int32_t metrics[] = {-1, 0, 25, 50, 7};
    int32_t metric = metrics[random_below(5)];
    switch (random_below(6)) {
    case 0:
        return route_message(kind, POPULATED_ETHERNET, V4(0, 0, 0, 0), 0, V4(192, 168, 1, 1),
                             metric);
    case 1:
        return route_message(kind, POPULATED_WIFI, V4(0, 0, 0, 0), 0, V4(192, 168, 1, 1), metric);
    case 2:
        return route_message(kind, POPULATED_TAP, V4(10, 99, 0, 0), 16, V4(10, 8, 0, 1), metric);
    default:
        return route_message(kind, POPULATED_VPN, V4(10, 20, (uint8_t)random_below(3), 0), 24,
                             V4(10, 8, 0, 1), metric);
    }
}

static struct message random_address(enum message_kind kind)
{
    switch (random_below(4)) {
    case 0:
        return address_message(kind, POPULATED_WIFI, V4(192, 168, 1, 57), 24);
    case 1:
        return address_message(kind, POPULATED_TAP, V4(10, 98, 0, 1), random_one_in(2) ? 16 : 24);
    default:
        return address_message(kind, POPULATED_VPN, V4(10, 8, 0, (uint8_t)(6 + random_below(2))),
                               24 + (int32_t)random_below(2));
    }
}

/* Filters, metrics and MTUs, on few interfaces. */
static struct message random_setting(void)
{
    static const uint32_t interfaces[] = {POPULATED_VPN, POPULATED_WIFI, POPULATED_UMLAUT, 77};
    const struct message_interface interface = {.index = interfaces[random_below(4)]};
    struct message message = {.id = 7};
    switch (random_below(4)) {
    case 0:
        message.kind = MESSAGE_ADD_WFP_BLOCK;
        message.wfp_block = (struct message_wfp_block){random_below(4), interface};
        break;
    case 1:
        message.kind = MESSAGE_DELETE_WFP_BLOCK;
        message.wfp_block = (struct message_wfp_block){1, interface};
        break;
    default:
        message.kind = MESSAGE_SET_MTU;
        message.mtu = (struct message_mtu){interface, random_one_in(2) ? FAMILY_IPV4 : FAMILY_IPV6,
                                           1270 + 10 * random_below(4)};
    }
    return message;
}

static const char *pick(const char *const texts[], unsigned count)
{
    return texts[random_below(count)];
}

static struct message random_dns(void)
{
    static const char *const names[] = {"OpenVPN TAP-Windows6", "Local Area Connection 2",
                                        "B\xC3\xBCro-VPN", "nobody"};
    static const char *const domains[] = {
        "", "", "corp.example", "a.example,b.example", "a.example,corp.example", "a b"};
    struct message message = {.id = 7,
                              .kind = random_one_in(3) ? MESSAGE_DELETE_DNS : MESSAGE_ADD_DNS};
    struct message_dns *dns = &message.dns;
    snprintf(dns->interface.name, sizeof(dns->interface.name), "%s", pick(names, 4));
    snprintf(dns->domains, sizeof(dns->domains), "%s", pick(domains, 6));
    dns->family = random_one_in(3) ? FAMILY_IPV6 : FAMILY_IPV4;
    dns->address_count = random_below(3);
    dns->addresses[0].bytes[0] = 10;
    dns->addresses[0].bytes[3] = (uint8_t)random_below(3);
    dns->addresses[1].bytes[0] = 9;
    return message;
}

static struct message random_nrpt(void)
{
    static const char *const resolve[] = {"", ".corp.example", ".a.example,.b.example", ". ."};
    static const char *const search[] = {"", "corp.example", "a.example,b.example", "\xFF"};
    static const char *const names[] = {"OpenVPN TAP-Windows6", "Local Area Connection 2"};
    struct message message = {.id = 7,
                              .kind = random_one_in(4) ? MESSAGE_DELETE_NRPT : MESSAGE_ADD_NRPT};
    struct message_nrpt *nrpt = &message.nrpt;
    snprintf(nrpt->interface.name, sizeof(nrpt->interface.name), "%s", pick(names, 2));
    snprintf(nrpt->resolve_domains, sizeof(nrpt->resolve_domains) - 1, "%s", pick(resolve, 4));
    snprintf(nrpt->search_domains, sizeof(nrpt->search_domains), "%s", pick(search, 4));
    snprintf(nrpt->addresses[0], sizeof(nrpt->addresses[0]), "10.8.0.%u", random_below(3));
    if (random_one_in(2))
        snprintf(nrpt->addresses[1], sizeof(nrpt->addresses[1]), "fd00::%u", random_below(3));
    nrpt->flags = random_below(2);
    return message;
}

/* Requests that the service serves by running programs. */
static struct message random_program(void)
{
    static const uint32_t interfaces[] = {POPULATED_TAP, POPULATED_VPN, POPULATED_UMLAUT, 0};
    const struct message_interface interface = {.index = interfaces[random_below(4)]};
    struct message message = {.id = 7};
    switch (random_below(4)) {
    case 0:
        message.kind = MESSAGE_ENABLE_DHCP;
        message.dhcp.interface.index = POPULATED_TAP; /* netsh restores only this one */
        break;
    case 1:
        message.kind = MESSAGE_DELETE_WINS;
        message.wins.interface = interface;
        break;
    default:
        message.kind = MESSAGE_ADD_WINS;
        message.wins =
            (struct message_wins){.interface = interface, .address_count = random_below(4)};
        for (unsigned i = 0; i < 3; i++)
            message.wins.addresses[i].bytes[3] = (uint8_t)(1 + random_below(3));
    }
    return message;
}

struct message random_message(void)
{
    struct message message;
    switch (random_below(8)) {
    case 0:
        return random_dns();
    case 1:
        return random_nrpt();
    case 2:
        return random_program();
    default:
        break;
    }
    if (random_one_in(3))
        return random_setting();
    if (random_one_in(3)) {
        message = random_address(random_one_in(2) ? MESSAGE_ADD_ADDRESS : MESSAGE_DELETE_ADDRESS);
        if (random_one_in(20))
            message.address.prefix_length = (int32_t)random_below(300) - 20;
        if (random_one_in(20))
            message.address.family = (int16_t)random_below(30);
        return message;
    }
    message = random_route(random_one_in(2) ? MESSAGE_ADD_ROUTE : MESSAGE_DELETE_ROUTE);
    if (random_one_in(20))
        message.route.prefix_length = (int32_t)random_below(300) - 20;
    if (random_one_in(20))
        message.route.interface.index = random_one_in(2) ? 77 : (uint32_t)INTERFACE_BY_NAME;
    if (random_one_in(20))
        message.route.prefix.bytes[random_below(16)] ^= (uint8_t)random_below(256);
    return message;
}

void random_fault(struct fake_machine *machine)
{
    static const char *const operations[] = {
        "find_interface", "get_address",  "create_address", "set_address",  "delete_address",
        "get_route",      "create_route", "set_route",      "delete_route", "get_metric",
        "set_metric",     "get_mtu",      "set_mtu",        "block",        "get_block",
        "unblock",        "get_guid",     "get_index",      "get_value",    "set_value",
        "delete_value",   "count",        "list_keys",      "create_key",   "delete_key",
        "enter",          "run",          "run_to_the_end",
    };
    static const uint32_t errors[] = {ERROR_ACCESS_DENIED, ERROR_GEN_FAILURE, ERROR_NOT_SUPPORTED,
                                      ERROR_INVALID_PARAMETER};
    machine_fail(machine, operations[random_below(sizeof(operations) / sizeof(operations[0]))],
                 1 + random_below(4), errors[random_below(4)]);
}

/* Random bytes of a message are replaced: whether it is served or refused, it must be undone. */
void random_client_send_garbled(struct channel *channel)
{
    const struct message message = random_message();
    unsigned char bytes[MESSAGE_MAX_SIZE], answer[ACKNOWLEDGEMENT_MAX_SIZE];
    size_t answer_size, size = message_encode(&client_layout, &message, bytes, sizeof(bytes));
    for (unsigned i = random_below(4); i > 0; i--)
        bytes[random_below((unsigned)size)] = (unsigned char)random_below(256);
    channel_serve(channel, bytes, random_one_in(4) ? random_below((unsigned)size) : size, answer,
                  &answer_size);
}

const struct message_layout random_layout_2_6 = {.machine = MACHINE_X64,
                                                 .dialect = DIALECT_UP_TO_2_6};

/* Encoded in the session's dialect; does nothing if the dialect has no such message. */
void random_client_send(struct channel *channel, const struct message *message)
{
    unsigned char bytes[MESSAGE_MAX_SIZE], answer[ACKNOWLEDGEMENT_MAX_SIZE];
    size_t answer_size, size = message_encode(&channel->layout, message, bytes, sizeof(bytes));
    if (size)
        channel_serve(channel, bytes, size, answer, &answer_size);
}
