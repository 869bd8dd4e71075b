/* SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "base/bytes.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/trace_file.h"
#include "wire/message.h"

#include <stdio.h>
#include <string.h>

static struct traced trace[TRACE_CAPACITY];
static size_t trace_length;

static int read_trace(void **state)
{
    (void)state;
    trace_length = trace_read(trace);
    return trace_length ? 0 : -1;
}

/* The requests of the recorded connection, in order. */
static const char *const requests[] = {
    "flush_neighbors IPv4 on 2 ''",
    "add_address IPv4 10.8.0.10/24 on 2 ''",
    "add_dns_cfg IPv4 on 2 'Local Area Connection 2' '' 2: 10.8.0.53 10.8.0.54",
    "add_dns_cfg IPv4 on 2 'Local Area Connection 2' 'a.example.com,b.example.com' 0:",
    "add_wins_cfg on 2 'Local Area Connection 2' 1: 10.8.0.55",
    "set_mtu IPv4 on 2 'Local Area Connection 2' 1500",
    "add_address IPv6 fd12:3456:789a:0:0:0:0:1000/128 on 2 ''",
    "add_route IPv6 fd12:3456:789a:0:0:0:0:0/64 via fe80:0:0:0:0:0:0:8 metric 0 on 2 ''",
    "add_dns_cfg IPv6 on 2 'Local Area Connection 2' '' 1: fd12:3456:789a:0:0:0:0:53",
    "set_mtu IPv6 on 2 'Local Area Connection 2' 1500",
    "add_wfp_block flags 2 on 2 ''",
    "add_route IPv4 10.20.30.0/24 via 10.8.0.1 metric -1 on 2 ''",
    "add_route IPv4 10.20.40.0/24 via 10.8.0.1 metric 50 on 2 ''",
    "add_route IPv6 fd99:0:0:0:0:0:0:0/64 via fe80:0:0:0:0:0:0:8 metric -1 on 2 ''",
    "register_dns",
    "del_route IPv4 10.20.30.0/24 via 10.8.0.1 metric -1 on 2 ''",
    "del_route IPv4 10.20.40.0/24 via 10.8.0.1 metric 50 on 2 ''",
    "del_route IPv6 fd99:0:0:0:0:0:0:0/64 via fe80:0:0:0:0:0:0:8 metric -1 on 2 ''",
    "del_dns_cfg IPv6 on 2 'Local Area Connection 2' '' 0:",
    "del_route IPv6 fd12:3456:789a:0:0:0:0:0/64 via fe80:0:0:0:0:0:0:8 metric 0 on 2 ''",
    "del_address IPv6 fd12:3456:789a:0:0:0:0:1000/128 on 2 ''",
    "del_wins_cfg on 2 'Local Area Connection 2' 0:",
    "del_dns_cfg IPv4 on 2 'Local Area Connection 2' 'a.example.com,b.example.com' 0:",
    "del_dns_cfg IPv4 on 2 'Local Area Connection 2' '' 0:",
    "del_address IPv4 10.8.0.10/24 on 2 ''",
    "del_wfp_block flags 1 on 2 ''",
};

struct account {
    char text[512];
    size_t length;
};

static void __attribute__((format(printf, 2, 3)))
append(struct account *account, const char *format, ...)
{
    size_t room = sizeof(account->text) - account->length;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(account->text + account->length, room, format, arguments);
    va_end(arguments);
    assert_true(length >= 0 && (size_t)length < room);
    account->length += (size_t)length;
}

static void append_ip(struct account *account, int16_t family, const struct message_ip *ip)
{
    const uint8_t *b = ip->bytes;
    append(account, " ");
    if (family == FAMILY_IPV4)
        append(account, "%d.%d.%d.%d", b[0], b[1], b[2], b[3]);
    else
        for (size_t i = 0; i < 16; i += 2)
            append(account, i ? ":%x" : "%x", (unsigned)(b[i] << 8 | b[i + 1]));
}

static void append_family(struct account *account, int16_t family)
{
    assert_true(family == FAMILY_IPV4 || family == FAMILY_IPV6);
    append(account, family == FAMILY_IPV4 ? " IPv4" : " IPv6");
}

static void append_interface(struct account *account, const struct message_interface *interface)
{
    append(account, " on %u '%s'", (unsigned)interface->index, interface->name);
}

static void append_list(struct account *account, int16_t family, uint32_t count,
                        const struct message_ip addresses[4])
{
    append(account, " %u:", (unsigned)count);
    for (uint32_t i = 0; i < count && i < 4; i++)
        append_ip(account, family, &addresses[i]);
}

static void append_route(struct account *account, const struct message_route *route)
{
    append_family(account, route->family);
    append_ip(account, route->family, &route->prefix);
    append(account, "/%d via", (int)route->prefix_length);
    append_ip(account, route->family, &route->gateway);
    append(account, " metric %d", (int)route->metric);
    append_interface(account, &route->interface);
}

static void append_dns(struct account *account, const struct message_dns *dns)
{
    append_family(account, dns->family);
    append_interface(account, &dns->interface);
    append(account, " '%s'", dns->domains);
    append_list(account, dns->family, dns->address_count, dns->addresses);
}

/* Formats the request like the list above. */
static struct account describe(const struct message *message)
{
    struct account account = {0};
    append(&account, "%s", message_name(message->kind));
    switch (message->kind) {
    case MESSAGE_ADD_ADDRESS:
    case MESSAGE_DELETE_ADDRESS:
        append_family(&account, message->address.family);
        append_ip(&account, message->address.family, &message->address.address);
        append(&account, "/%d", (int)message->address.prefix_length);
        append_interface(&account, &message->address.interface);
        break;
    case MESSAGE_ADD_ROUTE:
    case MESSAGE_DELETE_ROUTE:
        append_route(&account, &message->route);
        break;
    case MESSAGE_ADD_DNS:
    case MESSAGE_DELETE_DNS:
        append_dns(&account, &message->dns);
        break;
    case MESSAGE_ADD_WINS:
    case MESSAGE_DELETE_WINS:
        append_interface(&account, &message->wins.interface);
        append_list(&account, FAMILY_IPV4, message->wins.address_count, message->wins.addresses);
        break;
    case MESSAGE_FLUSH_NEIGHBORS:
        append_family(&account, message->flush.family);
        append_interface(&account, &message->flush.interface);
        break;
    case MESSAGE_ADD_WFP_BLOCK:
    case MESSAGE_DELETE_WFP_BLOCK:
        append(&account, " flags %u", (unsigned)message->wfp_block.flags);
        append_interface(&account, &message->wfp_block.interface);
        break;
    case MESSAGE_SET_MTU:
        append_family(&account, message->mtu.family);
        append_interface(&account, &message->mtu.interface);
        append(&account, " %u", (unsigned)message->mtu.mtu);
        break;
    default:
        break;
    }
    return account;
}

static void test_every_request_is_understood(void **state)
{
    (void)state;
    struct message_layout layout = {.machine = MACHINE_X64};
    size_t next = 0;
    for (size_t i = 0; i < trace_length; i++) {
        struct message message;
        if (!trace[i].to_service)
            continue;
        assert_int_equal(message_decode(&layout, trace[i].bytes, trace[i].size, &message), 0);
        assert_int_equal(message.id, 0);
        assert_true(next < ARRAY_COUNT(requests));
        assert_string_equal(describe(&message).text, requests[next++]);
    }
    assert_int_equal(next, ARRAY_COUNT(requests));
    assert_int_equal(layout.machine, MACHINE_X64);
    assert_int_equal(layout.dialect, DIALECT_2_7);
}

static void test_each_request_alone_is_understood(void **state)
{
    (void)state;
    size_t next = 0;
    for (size_t i = 0; i < trace_length; i++) {
        /* Start from the wrong machine and an unknown version. */
        struct message_layout layout = {.machine = MACHINE_X86};
        struct message message;
        if (!trace[i].to_service)
            continue;
        assert_int_equal(message_decode(&layout, trace[i].bytes, trace[i].size, &message), 0);
        assert_string_equal(describe(&message).text, requests[next++]);
    }
    assert_int_equal(next, ARRAY_COUNT(requests));
}

static void test_every_request_has_its_acknowledgement(void **state)
{
    (void)state;
    struct message_layout layout = {.machine = MACHINE_X64};
    const struct message expected = {.kind = MESSAGE_ACKNOWLEDGEMENT};
    for (size_t i = 0; i < trace_length; i++) {
        struct message message;
        uint8_t bytes[ACKNOWLEDGEMENT_MAX_SIZE];
        assert_int_equal(trace[i].to_service, i % 2 == 0);
        if (trace[i].to_service)
            continue;
        assert_int_equal(message_decode(&layout, trace[i].bytes, trace[i].size, &message), 0);
        assert_int_equal(message.kind, MESSAGE_ACKNOWLEDGEMENT);
        assert_int_equal(message.id, 0);
        assert_int_equal(message.acknowledgement.error, 0);
        assert_int_equal(message_encode(&layout, &expected, bytes, sizeof(bytes)), trace[i].size);
        assert_memory_equal(bytes, trace[i].bytes, trace[i].size);
    }
    assert_int_equal(trace_length, 2 * ARRAY_COUNT(requests));
}

/* Bytes that the compiler leaves between the fields of the recorded kinds (x64). */
static bool is_padding(enum message_kind kind, size_t at)
{
    if ((at >= 4 && at < 8) || (at >= 20 && at < 24))
        return true;
    switch (kind) {
    case MESSAGE_ADD_ADDRESS:
    case MESSAGE_DELETE_ADDRESS:
    case MESSAGE_ADD_ROUTE:
    case MESSAGE_DELETE_ROUTE:
    case MESSAGE_FLUSH_NEIGHBORS:
        return at == 26 || at == 27;
    default:
        return false;
    }
}

static void test_requests_encode_to_the_recorded_bytes(void **state)
{
    (void)state;
    struct message_layout layout = {.machine = MACHINE_X64, .dialect = DIALECT_2_7};
    for (size_t i = 0; i < trace_length; i++) {
        struct message message;
        uint8_t bytes[MESSAGE_MAX_SIZE];
        assert_int_equal(message_decode(&layout, trace[i].bytes, trace[i].size, &message), 0);
        assert_int_equal(message_encode(&layout, &message, bytes, sizeof(bytes)), trace[i].size);
        for (size_t at = 0; at < trace[i].size; at++)
            if (bytes[at] != trace[i].bytes[at] && !is_padding(message.kind, at))
                fail_msg("message %zu (%s), byte %zu", i, message_name(message.kind), at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_request_is_understood),
        cmocka_unit_test(test_each_request_alone_is_understood),
        cmocka_unit_test(test_every_request_has_its_acknowledgement),
        cmocka_unit_test(test_requests_encode_to_the_recorded_bytes),
    };
    return cmocka_run_group_tests(tests, read_trace, NULL);
}
