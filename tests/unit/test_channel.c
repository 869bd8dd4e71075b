/* SPDX-License-Identifier: MIT */
#include "channel/channel.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "base/log.h"
#include "tests/unit/channel_machine.h"

#include <stdio.h>
#include <string.h>

static struct message a_route(enum message_kind kind)
{
    return route_message(kind, POPULATED_VPN, V4(10, 20, 30, 0), 24, V4(10, 8, 0, 1), 9);
}

static struct message default_route(enum message_kind kind, int32_t metric)
{
    return route_message(kind, POPULATED_WIFI, V4(0, 0, 0, 0), 0, V4(192, 168, 1, 1), metric);
}

static struct message an_address(enum message_kind kind)
{
    return address_message(kind, POPULATED_VPN, V4(10, 8, 0, 6), 30);
}

/* ---- the calls to the network ---- */

static void test_route_is_created_as_the_reference_does(void **state)
{
    (void)state;
    const struct message add = a_route(MESSAGE_ADD_ROUTE);
    struct route_settings s;
    assert_int_equal(client_send(&channel, &add), 0);
    assert_true(machine_has_route(machine, &add, &s));
    assert_int_equal(s.metric, 9);
    assert_int_equal(s.protocol, 3);
    assert_int_equal(s.valid_lifetime, 0xffffffff);
    assert_int_equal(s.preferred_lifetime, 0xffffffff);
    assert_int_equal(
        s.site_prefix_length + s.loopback + s.autoconfigure_address + s.publish + s.immortal, 0);
}

static void test_address_is_created_as_the_reference_does(void **state)
{
    (void)state;
    const struct message add = an_address(MESSAGE_ADD_ADDRESS);
    struct address_settings s;
    assert_int_equal(client_send(&channel, &add), 0);
    assert_true(machine_has_address(machine, &add, &s));
    assert_int_equal(s.prefix_length, 30);
    assert_int_equal(s.skip_as_source, 0);
    assert_int_equal(s.prefix_origin, 1);
    assert_int_equal(s.suffix_origin, 1);
    assert_int_equal(s.valid_lifetime, 0xffffffff);
    assert_int_equal(s.preferred_lifetime, 0xffffffff);
}

static void test_metric_that_was_not_chosen_is_undone_whatever_it_became(void **state)
{
    (void)state;
    struct message add = a_route(MESSAGE_ADD_ROUTE);
    struct route_settings s;
    add.route.metric = -1;
    assert_int_equal(client_send(&channel, &add), 0);
    assert_true(machine_has_route(machine, &add, &s));
    assert_int_not_equal(s.metric, 0xffffffff);
    assert_int_equal(channel_close(&channel), 0);
    assert_false(machine_has_route(machine, &add, &s));
}

static void test_interface_by_name(void **state)
{
    (void)state;
    struct message add = a_route(MESSAGE_ADD_ROUTE);
    struct route_settings s;
    add.route.interface.index = (uint32_t)INTERFACE_BY_NAME;
    strcpy(add.route.interface.name, "B\xC3\xBCro-VPN");
    assert_int_equal(client_send(&channel, &add), 0);
    assert_true(machine_has_route(machine, &add, &s));
    add.route.interface.index = POPULATED_UMLAUT;
    assert_true(machine_has_route(machine, &add, &s));
}

static void test_what_follows_an_ipv4_address_is_ignored(void **state)
{
    (void)state;
    struct message add = a_route(MESSAGE_ADD_ROUTE), removal = a_route(MESSAGE_DELETE_ROUTE);
    memset(add.route.prefix.bytes + 4, 0xAA, 12);
    memset(add.route.gateway.bytes + 4, 0xBB, 12);
    memset(removal.route.prefix.bytes + 4, 0xCC, 12);
    assert_int_equal(client_send(&channel, &add), 0);
    assert_int_equal(client_send(&channel, &removal), 0);
    assert_int_equal(ledger_claim_count(ledger), 0);
}

static void test_only_eight_bits_of_a_prefix_length_count(void **state)
{
    (void)state;
    struct message add = a_route(MESSAGE_ADD_ROUTE);
    struct route_settings s;
    add.route.prefix_length = 256 + 24;
    assert_int_equal(client_send(&channel, &add), 0);
    add.route.prefix_length = 24;
    assert_true(machine_has_route(machine, &add, &s));
}

static void test_ipv6_route(void **state)
{
    (void)state;
    struct message add = a_route(MESSAGE_ADD_ROUTE);
    struct route_settings s;
    add.route.family = FAMILY_IPV6;
    add.route.prefix = (struct message_ip){{0xFD, [1] = 0x12}};
    add.route.prefix_length = 64;
    add.route.gateway = (struct message_ip){{0xFE, 0x80, [15] = 8}};
    assert_int_equal(client_send(&channel, &add), 0);
    assert_true(machine_has_route(machine, &add, &s));
}

/* ---- errors ---- */

static void test_bad_parameters_are_refused_without_a_change(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int16_t family;
        int32_t prefix_length;
        uint32_t index;
        const char *alias;
        uint32_t error;
    } rows[] = {
        {"no family", 0, 24, POPULATED_VPN, "", ERROR_INVALID_PARAMETER},
        {"Linux' AF_INET6", 10, 24, POPULATED_VPN, "", ERROR_INVALID_PARAMETER},
        {"a family beyond 8 bits", 256 + 2, 24, POPULATED_VPN, "", ERROR_INVALID_PARAMETER},
        {"a negative family", -2, 24, POPULATED_VPN, "", ERROR_INVALID_PARAMETER},
        {"IPv4 longer than 32", 2, 33, POPULATED_VPN, "", ERROR_INVALID_PARAMETER},
        {"IPv6 longer than 128", 23, 129, POPULATED_VPN, "", ERROR_INVALID_PARAMETER},
        {"a negative length", 2, -1, POPULATED_VPN, "", ERROR_INVALID_PARAMETER},
        {"no interface", 2, 24, 0, "", ERROR_INVALID_PARAMETER},
        {"no name", 2, 24, 0xffffffff, "", ERROR_INVALID_PARAMETER},
        {"no such name", 2, 24, 0xffffffff, "none", ERROR_INVALID_PARAMETER},
        {"no such index", 2, 24, 77, "", ERROR_FILE_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        for (enum message_kind kind = MESSAGE_ADD_ADDRESS; kind <= MESSAGE_DELETE_ROUTE; kind++) {
            bool is_route = kind >= MESSAGE_ADD_ROUTE;
            struct message message = is_route ? a_route(kind) : an_address(kind);
            struct message_interface *interface =
                is_route ? &message.route.interface : &message.address.interface;
            *(is_route ? &message.route.family : &message.address.family) = rows[i].family;
            *(is_route ? &message.route.prefix_length : &message.address.prefix_length) =
                rows[i].prefix_length;
            interface->index = rows[i].index;
            strcpy(interface->name, rows[i].alias);
            uint32_t error = client_send(&channel, &message);
            if (error != rows[i].error)
                fail_msg("%s of %s: %u", message_name(kind), rows[i].name, error);
        }
    }
    assert_true(machine_equal(machine, before));
}

static void test_what_is_there_already_exists(void **state)
{
    (void)state;
    const struct message add =
        route_message(MESSAGE_ADD_ROUTE, POPULATED_TAP, V4(10, 99, 0, 0), 16, V4(10, 8, 0, 1), 50);
    assert_int_equal(client_send(&channel, &add), ERROR_OBJECT_ALREADY_EXISTS);
    assert_int_equal(ledger_claim_count(ledger), 0);
}

static void test_what_is_not_there_is_not_found(void **state)
{
    (void)state;
    const struct message route = a_route(MESSAGE_DELETE_ROUTE);
    const struct message address = an_address(MESSAGE_DELETE_ADDRESS);
    assert_int_equal(client_send(&channel, &route), ERROR_NOT_FOUND);
    assert_int_equal(client_send(&channel, &address), ERROR_NOT_FOUND);
}

static void test_errors_of_the_network_are_passed_on(void **state)
{
    (void)state;
    const struct message add = a_route(MESSAGE_ADD_ROUTE);
    static const char *const operations[] = {"find_interface", "get_route", "create_route"};
    for (size_t i = 0; i < 3; i++) {
        machine_fail(machine, operations[i], 1, ERROR_ACCESS_DENIED);
        assert_int_equal(client_send(&channel, &add), ERROR_ACCESS_DENIED);
        assert_int_equal(ledger_claim_count(ledger), 0);
    }
    assert_int_equal(client_send(&channel, &add), 0);
}

/* ---- acknowledgements ---- */

static void test_kinds_without_a_handler_are_unknown_types(void **state)
{
    (void)state;
    const struct message nbt = {.kind = MESSAGE_ADD_NBT, .id = 42};
    const struct message acknowledgement = {.kind = MESSAGE_ACKNOWLEDGEMENT, .id = 43};
    assert_int_equal(client_send(&channel, &nbt), ERROR_MESSAGE_TYPE);
    assert_int_equal(client_send(&channel, &acknowledgement), ERROR_MESSAGE_TYPE);
}

static void assert_malformed(const unsigned char *bytes, size_t size, int32_t id)
{
    unsigned char answer[ACKNOWLEDGEMENT_MAX_SIZE];
    struct message_layout layout = client_layout;
    struct message message;
    size_t answer_size = 0;
    assert_true(channel_serve(&channel, bytes, size, answer, &answer_size));
    assert_int_equal(message_decode(&layout, answer, answer_size, &message), 0);
    assert_int_equal(message.id, id);
    assert_int_equal(message.acknowledgement.error, ERROR_MESSAGE_DATA);
}

static unsigned lines;

static void count_line(const struct log_line *line)
{
    assert_int_equal(line->level, LOG_ERROR);
    assert_int_equal(line->error, 0);
    snprintf(last_line, sizeof(last_line), "%s", line->text);
    lines++;
}

static void test_unknown_types_are_logged_a_few_times(void **state)
{
    (void)state;
    unsigned char acknowledgement[ACKNOWLEDGEMENT_MAX_SIZE], bytes[24] = {0};
    size_t size;
    store_u32(bytes, (uint32_t)-5);
    store_u32(bytes + 8, sizeof(bytes));
    lines = 0;
    log_to(count_line);
    assert_true(channel_serve(&channel, bytes, sizeof(bytes), acknowledgement, &size));
    assert_string_equal(last_line, "Unknown message type -5");
    for (int i = 0; i < 100; i++)
        assert_true(channel_serve(&channel, bytes, sizeof(bytes), acknowledgement, &size));
    log_to(NULL);
    assert_int_equal(lines, CHANNEL_UNKNOWN_TYPES);
    assert_string_equal(last_line, "Unknown message type -5; further ones are not logged");
}

static void test_short_and_lying_messages(void **state)
{
    (void)state;
    const struct message add = a_route(MESSAGE_ADD_ROUTE);
    unsigned char bytes[MESSAGE_MAX_SIZE];
    size_t size = message_encode(&client_layout, &add, bytes, sizeof(bytes));
    for (size_t cut = 1; cut < size; cut++)
        assert_malformed(bytes, cut, -1);
    store_u64(bytes + 8, size + 1);
    assert_malformed(bytes, size, -1);
    store_u64(bytes + 8, size - 8); /* its header says so, too, but it is not a whole route */
    assert_malformed(bytes, size - 8, add.id);
    assert_true(machine_equal(machine, before));
}

/* ---- events ---- */

/* With a layout that has no such message the type is unknown, which is logged in another way. */
static void test_each_refusal_is_one_event(void **state)
{
    (void)state;
    static const struct {
        struct message message;
        uint32_t error;
        const char *line;
    } rows[] = {
        {{.kind = MESSAGE_ADD_ROUTE, .route.interface.index = 77, .route.family = FAMILY_IPV4},
         ERROR_FILE_NOT_FOUND,
         "add_route of process 4242 refused: "},
        {{.kind = MESSAGE_DELETE_ADDRESS, .address.family = 7},
         ERROR_INVALID_PARAMETER,
         "del_address of process 4242 refused: "},
        {{.kind = MESSAGE_FLUSH_NEIGHBORS, .flush.family = 7},
         ERROR_INVALID_PARAMETER,
         "flush_neighbors of process 4242 refused: "},
        {{.kind = MESSAGE_SET_MTU, .mtu.interface.index = POPULATED_VPN, .mtu.family = 7},
         ERROR_INVALID_PARAMETER,
         "set_mtu of process 4242 refused: "},
        {{.kind = MESSAGE_ADD_NRPT},
         ERROR_MESSAGE_DATA,
         "add_nrpt_cfg of process 4242 refused: malf"},
        {{.kind = MESSAGE_DELETE_DNS}, ERROR_MESSAGE_DATA, "del_dns_cfg of process 4242 refused: "},
        {{.kind = MESSAGE_CREATE_ADAPTER, .create_adapter.adapter_type = 9},
         ERROR_INVALID_PARAMETER,
         "create_adapter of process 4242 refused: "},
    };
    unsigned events = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(client_send(&channel, &rows[i].message), rows[i].error);
        assert_event(events, rows[i].error, rows[i].line);
    }
}

static void test_what_was_there_already_is_no_refusal(void **state)
{
    (void)state;
    const struct message add = default_route(MESSAGE_ADD_ROUTE, 5);
    assert_int_equal(client_send(&channel, &add), ERROR_OBJECT_ALREADY_EXISTS);
    assert_int_equal(line_count, 0);
}

static void test_adapter_is_refused_in_one_event(void **state)
{
    (void)state;
    const struct message add = {
        .kind = MESSAGE_SET_MTU,
        .mtu = {.interface.index = POPULATED_WIFI, .family = FAMILY_IPV4, .mtu = 1400}};
    unsigned events = 0;
    channel.options.vpn_adapters = u"tap0901";
    assert_int_equal(client_send(&channel, &add), ERROR_ACCESS_DENIED);
    assert_event(events, ERROR_ACCESS_DENIED, "is no VPN adapter");
    assert_int_equal(client_send(&channel, &add), ERROR_ACCESS_DENIED);
    assert_no_event(events);
}

static void test_malformed_messages_are_logged_a_few_times(void **state)
{
    (void)state;
    unsigned char bytes[24] = {0};
    unsigned events = 0;
    store_u32(bytes, 5);
    assert_malformed(bytes, sizeof(bytes), -1);
    assert_event(events, ERROR_MESSAGE_DATA, "Message of type 5 of process 4242 refused: malf");
    for (int i = 0; i < 100; i++)
        assert_malformed(bytes, 1, -1);
    assert_int_equal(line_count, CHANNEL_MALFORMED + 1);
    assert_non_null(strstr(last_line, "not logged"));
}

static void test_refusals_have_a_limit_of_events(void **state)
{
    (void)state;
    const struct message add = {.kind = MESSAGE_ADD_ROUTE, .route.family = 7};
    for (int i = 0; i < 200; i++)
        assert_int_equal(client_send(&channel, &add), ERROR_INVALID_PARAMETER);
    assert_int_equal(line_count, CHANNEL_REFUSALS + 1);
    assert_non_null(strstr(last_line, "not logged"));
}

static void test_empty_and_oversized_messages_end_the_session(void **state)
{
    (void)state;
    static const unsigned char bytes[MESSAGE_MAX_SIZE];
    unsigned char answer[ACKNOWLEDGEMENT_MAX_SIZE];
    size_t answer_size = 0;
    assert_false(channel_serve(&channel, bytes, 0, answer, &answer_size));
    assert_false(channel_serve(&channel, bytes, MESSAGE_MAX_SIZE + 1, answer, &answer_size));
    assert_true(channel_serve(&channel, bytes, MESSAGE_MAX_SIZE, answer, &answer_size));
}

static void test_acknowledgement_has_the_layout_of_the_session(void **state)
{
    (void)state;
    static const size_t sizes[] = {[MACHINE_X64] = 32, [MACHINE_X86] = 16};
    const struct message add = a_route(MESSAGE_ADD_ROUTE);
    for (enum machine peer = MACHINE_X64; peer <= MACHINE_X86; peer++) {
        /* The guess about the peer is wrong, and its version is unknown. */
        const struct message_layout guess = {.machine =
                                                 peer == MACHINE_X64 ? MACHINE_X86 : MACHINE_X64};
        const struct message_layout truth = {.machine = peer, .dialect = DIALECT_2_7};
        unsigned char bytes[MESSAGE_MAX_SIZE], answer[ACKNOWLEDGEMENT_MAX_SIZE];
        size_t answer_size = 0;
        channel_open(&channel, ledger, network, &guess, &client_options);
        size_t size = message_encode(&truth, &add, bytes, sizeof(bytes));
        assert_true(channel_serve(&channel, bytes, size, answer, &answer_size));
        assert_int_equal(answer_size, sizes[peer]);
        assert_int_equal(load_u32(answer + (peer == MACHINE_X64 ? 24 : 12)), 0);
        /* A message that cannot be understood does not change the layout again. */
        assert_true(channel_serve(&channel, bytes, 3, answer, &answer_size));
        assert_int_equal(answer_size, sizes[peer]);
        channel_close(&channel);
    }
}

/* ---- undo ---- */

static void test_deleted_foreign_default_route_comes_back(void **state)
{
    (void)state;
    const struct message removal = default_route(MESSAGE_DELETE_ROUTE, -1);
    struct route_settings s;
    assert_int_equal(client_send(&channel, &removal), 0);
    assert_false(machine_has_route(machine, &removal, &s));
    assert_int_equal(channel_close(&channel), 0);
    assert_true(machine_equal(machine, before));
}

static void test_deleted_foreign_default_route_comes_back_when_added_again(void **state)
{
    (void)state;
    const struct message removal = default_route(MESSAGE_DELETE_ROUTE, -1);
    const int32_t metrics[] = {-1, 25};
    for (size_t i = 0; i < 2; i++) {
        const struct message add = default_route(MESSAGE_ADD_ROUTE, metrics[i]);
        assert_int_equal(client_send(&channel, &removal), 0);
        assert_int_equal(client_send(&channel, &add), 0);
        assert_true(machine_equal(machine, before));
        assert_int_equal(ledger_claim_count(ledger), 0);
    }
}

static void test_deleted_foreign_default_route_comes_back_after_another_metric(void **state)
{
    (void)state;
    const struct message removal = default_route(MESSAGE_DELETE_ROUTE, -1);
    const struct message add = default_route(MESSAGE_ADD_ROUTE, 500);
    struct route_settings s;
    assert_int_equal(client_send(&channel, &removal), 0);
    assert_int_equal(client_send(&channel, &add), 0);
    assert_true(machine_has_route(machine, &add, &s));
    assert_int_equal(s.metric, 500);
    assert_int_equal(channel_close(&channel), 0);
    assert_true(machine_equal(machine, before));
}

static void test_deleted_foreign_address_comes_back(void **state)
{
    (void)state;
    const struct message removal =
        address_message(MESSAGE_DELETE_ADDRESS, POPULATED_WIFI, V4(192, 168, 1, 57), 24);
    struct address_settings s;
    assert_int_equal(client_send(&channel, &removal), 0);
    assert_false(machine_has_address(machine, &removal, &s));
    assert_int_equal(channel_close(&channel), 0);
    assert_true(machine_equal(machine, before));
}

static void test_same_route_of_two_sessions_whichever_ends_first(void **state)
{
    (void)state;
    const struct message add = a_route(MESSAGE_ADD_ROUTE);
    struct channel *first[] = {&channel, &other}, *last[] = {&other, &channel};
    struct route_settings s;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(client_send(&channel, &add), 0);
        assert_int_equal(client_send(&other, &add), 0);
        assert_int_equal(channel_close(first[i]), 0);
        assert_true(machine_has_route(machine, &add, &s));
        assert_int_equal(channel_close(last[i]), 0);
        assert_true(machine_equal(machine, before));
    }
}

static void test_route_that_another_program_took_over_is_left_alone(void **state)
{
    (void)state;
    const struct message add = a_route(MESSAGE_ADD_ROUTE);
    struct route_key key = {
        .prefix = {2, {10, 20, 30, 0}}, .prefix_length = 24, .next_hop = {2, {10, 8, 0, 1}}};
    const struct route_settings theirs = {.metric = 9, .protocol = 13 /* OSPF */};
    struct route_settings s;
    network->find_interface(network, POPULATED_VPN, NULL, &key.interface_luid);
    assert_int_equal(client_send(&channel, &add), 0);
    assert_int_equal(network->delete_route(network, &key), 0);
    assert_int_equal(network->create_route(network, &key, &theirs), 0);
    assert_int_equal(channel_close(&channel), 0);
    assert_true(machine_has_route(machine, &add, &s));
    assert_int_equal(s.protocol, 13);
    assert_int_equal(network->delete_route(network, &key), 0);
}

static void test_adapter_that_has_gone_took_our_rows_along(void **state)
{
    (void)state;
    const struct message route = a_route(MESSAGE_ADD_ROUTE);
    const struct message address = an_address(MESSAGE_ADD_ADDRESS);
    uint64_t luid;
    network->find_interface(network, POPULATED_VPN, NULL, &luid);
    assert_int_equal(client_send(&channel, &address), 0);
    assert_int_equal(client_send(&channel, &route), 0);
    machine_remove_interface(machine, POPULATED_VPN);
    assert_int_equal(channel_close(&channel), 0);
    assert_int_equal(ledger_claim_count(ledger), 0);
    machine_add_interface(machine, POPULATED_VPN, luid, "Local Area Connection 2");
}

#undef TEST
#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, set_up_machine_for_any_adapter, tear_down_machine)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_route_is_created_as_the_reference_does),
        TEST(test_address_is_created_as_the_reference_does),
        TEST(test_metric_that_was_not_chosen_is_undone_whatever_it_became),
        TEST(test_interface_by_name),
        TEST(test_what_follows_an_ipv4_address_is_ignored),
        TEST(test_only_eight_bits_of_a_prefix_length_count),
        TEST(test_ipv6_route),
        TEST(test_bad_parameters_are_refused_without_a_change),
        TEST(test_what_is_there_already_exists),
        TEST(test_what_is_not_there_is_not_found),
        TEST(test_errors_of_the_network_are_passed_on),
        TEST(test_kinds_without_a_handler_are_unknown_types),
        TEST(test_unknown_types_are_logged_a_few_times),
        TEST(test_short_and_lying_messages),
        TEST(test_each_refusal_is_one_event),
        TEST(test_what_was_there_already_is_no_refusal),
        TEST(test_adapter_is_refused_in_one_event),
        TEST(test_malformed_messages_are_logged_a_few_times),
        TEST(test_refusals_have_a_limit_of_events),
        TEST(test_empty_and_oversized_messages_end_the_session),
        TEST(test_acknowledgement_has_the_layout_of_the_session),
        TEST(test_deleted_foreign_default_route_comes_back),
        TEST(test_deleted_foreign_default_route_comes_back_when_added_again),
        TEST(test_deleted_foreign_default_route_comes_back_after_another_metric),
        TEST(test_deleted_foreign_address_comes_back),
        TEST(test_same_route_of_two_sessions_whichever_ends_first),
        TEST(test_route_that_another_program_took_over_is_left_alone),
        TEST(test_adapter_that_has_gone_took_our_rows_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
