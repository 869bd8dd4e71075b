/* SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "base/bytes.h"
#include "base/errors.h"
#include "tests/unit/cmocka_test.h"
#include "wire/message.h"

#include <string.h>

/* A message as a peer with this layout sends it. */
struct sent {
    uint8_t bytes[MESSAGE_MAX_SIZE];
    size_t size;
};

static struct sent send_message(enum machine machine, enum dialect dialect,
                                const struct message *message)
{
    struct sent sent;
    const struct message_layout layout = {machine, true, dialect};
    sent.size = message_encode(&layout, message, sent.bytes, sizeof(sent.bytes));
    return sent;
}

static struct sent send_kind(enum machine machine, enum dialect dialect, enum message_kind kind)
{
    const struct message message = {.kind = kind};
    return send_message(machine, dialect, &message);
}

static enum message_kind receive(struct message_layout *layout, const struct sent *sent)
{
    struct message message;
    assert_int_equal(message_decode(layout, sent->bytes, sent->size, &message), 0);
    return message.kind;
}

static uint32_t error_of(struct message_layout *layout, const struct sent *sent)
{
    struct message message;
    return message_decode(layout, sent->bytes, sent->size, &message);
}

static const struct message old_delete_block = {.kind = MESSAGE_DELETE_BLOCK_DNS,
                                                .block_dns.interface.index = 2};
static const struct message new_flush = {.kind = MESSAGE_FLUSH_NEIGHBORS,
                                         .flush = {.family = FAMILY_IPV4, .interface.index = 7}};
static const struct message old_dhcp = {.kind = MESSAGE_ENABLE_DHCP, .dhcp.interface.index = 1};
static const struct message new_delete_wfp = {.kind = MESSAGE_DELETE_WFP_BLOCK,
                                              .wfp_block = {.flags = 2, .interface.index = 7}};

static void test_only_two_types_of_x64_are_ambiguous(void **state)
{
    (void)state;
    size_t found = 0;
    for (unsigned machine = MACHINE_X64; machine <= MACHINE_X86; machine++) {
        for (unsigned o = 0; o < MESSAGE_KIND_COUNT; o++) {
            for (unsigned n = 0; n < MESSAGE_KIND_COUNT; n++) {
                struct sent old_sent =
                    send_kind((enum machine)machine, DIALECT_UP_TO_2_6, (enum message_kind)o);
                struct sent new_sent =
                    send_kind((enum machine)machine, DIALECT_2_7, (enum message_kind)n);
                if (o == n || old_sent.size == 0 || old_sent.size != new_sent.size ||
                    load_u32(old_sent.bytes) != load_u32(new_sent.bytes))
                    continue;
                assert_int_equal(machine, MACHINE_X64);
                assert_true((o == MESSAGE_DELETE_BLOCK_DNS && n == MESSAGE_FLUSH_NEIGHBORS) ||
                            (o == MESSAGE_ENABLE_DHCP && n == MESSAGE_DELETE_WFP_BLOCK));
                found++;
            }
        }
    }
    assert_int_equal(found, 2);
}

/* The type decides between x64 and x86 when the bytes could be either. */
static void test_no_type_has_one_size_on_both_machines(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * MESSAGE_KIND_COUNT; i++) {
        enum dialect x64_dialect = i % 2 ? DIALECT_2_7 : DIALECT_UP_TO_2_6;
        struct sent x64 = send_kind(MACHINE_X64, x64_dialect, (enum message_kind)(i / 2));
        for (unsigned j = 0; j < 2 * MESSAGE_KIND_COUNT; j++) {
            enum dialect x86_dialect = j % 2 ? DIALECT_2_7 : DIALECT_UP_TO_2_6;
            struct sent x86 = send_kind(MACHINE_X86, x86_dialect, (enum message_kind)(j / 2));
            assert_false(x64.size && x64.size == x86.size &&
                         load_u32(x64.bytes) == load_u32(x86.bytes));
        }
    }
}

static void test_a_message_of_one_dialect_fixes_it(void **state)
{
    (void)state;
    static const struct {
        enum machine machine;
        enum dialect dialect;
        enum message_kind kind;
    } rows[] = {
        {MACHINE_X64, DIALECT_2_7, MESSAGE_SET_MTU},
        {MACHINE_X64, DIALECT_2_7, MESSAGE_ADD_NRPT},
        {MACHINE_X64, DIALECT_2_7, MESSAGE_CREATE_ADAPTER},
        {MACHINE_X64, DIALECT_2_7, MESSAGE_ADD_WFP_BLOCK},
        {MACHINE_X64, DIALECT_UP_TO_2_6, MESSAGE_SET_MTU},
        {MACHINE_X64, DIALECT_UP_TO_2_6, MESSAGE_FLUSH_NEIGHBORS},
        {MACHINE_X64, DIALECT_UP_TO_2_6, MESSAGE_ADD_BLOCK_DNS},
        {MACHINE_X64, DIALECT_UP_TO_2_6, MESSAGE_REGISTER_RING_BUFFERS},
        {MACHINE_X64, DIALECT_UP_TO_2_6, MESSAGE_DELETE_WINS},
        {MACHINE_X86, DIALECT_2_7, MESSAGE_SET_MTU},
        {MACHINE_X86, DIALECT_2_7, MESSAGE_FLUSH_NEIGHBORS},
        {MACHINE_X86, DIALECT_2_7, MESSAGE_DELETE_WFP_BLOCK},
        {MACHINE_X86, DIALECT_UP_TO_2_6, MESSAGE_DELETE_BLOCK_DNS},
        {MACHINE_X86, DIALECT_UP_TO_2_6, MESSAGE_ENABLE_DHCP},
        {MACHINE_X86, DIALECT_UP_TO_2_6, MESSAGE_REGISTER_RING_BUFFERS},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct message_layout layout = {0};
        struct sent sent = send_kind(rows[i].machine, rows[i].dialect, rows[i].kind);
        if (receive(&layout, &sent) != rows[i].kind || layout.dialect != rows[i].dialect ||
            layout.machine != rows[i].machine)
            fail_msg("row %zu", i);
    }
}

/* A fork of 2.5 had a message of its own with number 14 and no fields: register_dns of 2.7. */
static void test_a_known_dialect_outweighs_every_message(void **state)
{
    (void)state;
    for (unsigned machine = MACHINE_X64; machine <= MACHINE_X86; machine++) {
        struct message_layout layout = {.machine = (enum machine)machine,
                                        .dialect = DIALECT_UP_TO_2_6};
        struct sent own = send_kind((enum machine)machine, DIALECT_2_7, MESSAGE_REGISTER_DNS);
        struct sent block =
            send_message((enum machine)machine, DIALECT_UP_TO_2_6, &old_delete_block);
        struct sent mtu = send_kind((enum machine)machine, DIALECT_UP_TO_2_6, MESSAGE_SET_MTU);
        assert_int_equal(error_of(&layout, &own), ERROR_MESSAGE_TYPE);
        assert_int_equal(receive(&layout, &mtu), MESSAGE_SET_MTU);
        assert_int_equal(receive(&layout, &block), MESSAGE_DELETE_BLOCK_DNS);
        assert_int_equal(layout.dialect, DIALECT_UP_TO_2_6);

        layout.dialect = DIALECT_2_7;
        assert_int_equal(error_of(&layout, &mtu), ERROR_MESSAGE_DATA);
        assert_int_equal(receive(&layout, &own), MESSAGE_REGISTER_DNS);
        assert_int_equal(layout.dialect, DIALECT_2_7);
    }
}

/* All of it is header: there is nothing in it that could be checked. */
static void test_a_message_without_fields_is_served_and_fixes_no_dialect(void **state)
{
    (void)state;
    struct message_layout layout = {0};
    struct sent new_register = send_kind(MACHINE_X64, DIALECT_2_7, MESSAGE_REGISTER_DNS);
    struct sent old_register = send_kind(MACHINE_X64, DIALECT_UP_TO_2_6, MESSAGE_REGISTER_DNS);
    struct sent mtu = send_kind(MACHINE_X64, DIALECT_UP_TO_2_6, MESSAGE_SET_MTU);
    assert_int_equal(receive(&layout, &new_register), MESSAGE_REGISTER_DNS);
    assert_int_equal(receive(&layout, &old_register), MESSAGE_REGISTER_DNS);
    assert_int_equal(layout.dialect, DIALECT_UNKNOWN);
    assert_int_equal(receive(&layout, &mtu), MESSAGE_SET_MTU);
    assert_int_equal(layout.dialect, DIALECT_UP_TO_2_6);
}

static void test_common_and_ambiguous_messages_fix_no_dialect(void **state)
{
    (void)state;
    static const enum message_kind common[] = {MESSAGE_ADD_ADDRESS, MESSAGE_DELETE_ROUTE,
                                               MESSAGE_ADD_DNS, MESSAGE_ACKNOWLEDGEMENT};
    struct message_layout layout = {0};
    for (size_t i = 0; i < ARRAY_COUNT(common); i++) {
        struct sent sent = send_kind(MACHINE_X64, DIALECT_2_7, common[i]);
        assert_int_equal(receive(&layout, &sent), common[i]);
    }
    struct sent flush = send_message(MACHINE_X64, DIALECT_2_7, &new_flush);
    assert_int_equal(receive(&layout, &flush), MESSAGE_FLUSH_NEIGHBORS);
    assert_int_equal(layout.dialect, DIALECT_UNKNOWN);
}

static void test_content_decides_for_one_message_when_nothing_is_known(void **state)
{
    (void)state;
    /* An interface index of an old client that is by chance a flag or family of 2.7: no name
     * follows. */
    const struct message old_low_index = {.kind = MESSAGE_DELETE_BLOCK_DNS,
                                          .block_dns.interface.index = FAMILY_IPV6};
    const struct message all_flags = {.kind = MESSAGE_DELETE_WFP_BLOCK,
                                      .wfp_block = {.flags = 3, .interface.index = 7}};
    /* A name at the offset where 2.7 has the index, but nothing before it that is valid for 2.7. */
    const struct message old_named_block = {.kind = MESSAGE_DELETE_BLOCK_DNS,
                                            .block_dns.interface = {7, "tun"}};
    const struct message old_named_dhcp = {.kind = MESSAGE_ENABLE_DHCP,
                                           .dhcp.interface = {4, "tap"}};
    const struct message old_zero_index = {.kind = MESSAGE_ENABLE_DHCP,
                                           .dhcp.interface = {0, "tap"}};
    const struct {
        enum dialect dialect;
        const struct message *message;
    } rows[] = {
        {DIALECT_2_7, &new_flush},
        {DIALECT_UP_TO_2_6, &old_delete_block},
        {DIALECT_2_7, &new_delete_wfp},
        {DIALECT_UP_TO_2_6, &old_dhcp},
        {DIALECT_2_7, &all_flags},
        {DIALECT_UP_TO_2_6, &old_low_index},
        {DIALECT_UP_TO_2_6, &old_named_block},
        {DIALECT_UP_TO_2_6, &old_named_dhcp},
        {DIALECT_UP_TO_2_6, &old_zero_index},
    };
    struct message_layout layout = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct sent sent = send_message(MACHINE_X64, rows[i].dialect, rows[i].message);
        if (receive(&layout, &sent) != rows[i].message->kind || layout.dialect != DIALECT_UNKNOWN)
            fail_msg("row %zu", i);
    }
}

static void test_padding_of_a_flush_does_not_hide_it(void **state)
{
    (void)state;
    struct message_layout layout = {0};
    struct sent sent = send_message(MACHINE_X64, DIALECT_2_7, &new_flush);
    store_u16(sent.bytes + 26, 0x2830);
    assert_int_equal(receive(&layout, &sent), MESSAGE_FLUSH_NEIGHBORS);
}

static void test_a_known_dialect_decides_ambiguous_messages_against_their_content(void **state)
{
    (void)state;
    struct message_layout layout = {.dialect = DIALECT_UP_TO_2_6};
    struct sent sent = send_message(MACHINE_X64, DIALECT_2_7, &new_flush);
    assert_int_equal(receive(&layout, &sent), MESSAGE_DELETE_BLOCK_DNS);
    layout.dialect = DIALECT_2_7;
    sent = send_message(MACHINE_X64, DIALECT_UP_TO_2_6, &old_dhcp);
    assert_int_equal(receive(&layout, &sent), MESSAGE_DELETE_WFP_BLOCK);
}

static void test_a_dialect_once_found_decides_ambiguous_messages(void **state)
{
    (void)state;
    struct message_layout layout = {0};
    struct sent mtu = send_kind(MACHINE_X64, DIALECT_UP_TO_2_6, MESSAGE_SET_MTU);
    struct sent flush = send_message(MACHINE_X64, DIALECT_2_7, &new_flush);
    assert_int_equal(receive(&layout, &mtu), MESSAGE_SET_MTU);
    assert_int_equal(receive(&layout, &flush), MESSAGE_DELETE_BLOCK_DNS);
}

static void test_a_known_dialect_refuses_the_other(void **state)
{
    (void)state;
    struct message_layout layout = {MACHINE_X64, true, DIALECT_UP_TO_2_6};
    struct sent mtu = send_kind(MACHINE_X64, DIALECT_2_7, MESSAGE_SET_MTU);
    struct sent adapter = send_kind(MACHINE_X64, DIALECT_2_7, MESSAGE_CREATE_ADAPTER);
    assert_int_equal(error_of(&layout, &mtu), ERROR_MESSAGE_DATA); /* 17 is del_wins_cfg */
    assert_int_equal(error_of(&layout, &adapter), ERROR_MESSAGE_TYPE);

    layout.dialect = DIALECT_2_7;
    struct sent rings = send_kind(MACHINE_X64, DIALECT_UP_TO_2_6, MESSAGE_REGISTER_RING_BUFFERS);
    struct sent wins = send_kind(MACHINE_X64, DIALECT_UP_TO_2_6, MESSAGE_ADD_WINS);
    assert_int_equal(error_of(&layout, &rings), ERROR_MESSAGE_DATA); /* 14 is register_dns */
    assert_int_equal(error_of(&layout, &wins),
                     ERROR_MESSAGE_TYPE); /* 16: deprecated ring buffers */
    assert_int_equal(layout.dialect, DIALECT_2_7);
}

static void test_a_refused_message_fixes_no_dialect(void **state)
{
    (void)state;
    struct message_layout layout = {0};
    struct sent sent = send_kind(MACHINE_X64, DIALECT_2_7, MESSAGE_SET_MTU);
    store_u64(sent.bytes + 8, sent.size - 8);
    sent.size -= 8;
    assert_int_equal(error_of(&layout, &sent), ERROR_MESSAGE_DATA);
    store_u32(sent.bytes, 99);
    assert_int_equal(error_of(&layout, &sent), ERROR_MESSAGE_TYPE);
    assert_int_equal(layout.dialect, DIALECT_UNKNOWN);
    assert_true(layout.machine_is_fixed);
}

static void test_a_lying_message_fixes_no_machine(void **state)
{
    (void)state;
    struct message_layout layout = {.machine = MACHINE_X86};
    struct sent sent = send_kind(MACHINE_X64, DIALECT_2_7, MESSAGE_SET_MTU);
    sent.size--;
    assert_int_equal(error_of(&layout, &sent), ERROR_MESSAGE_DATA);
    assert_false(layout.machine_is_fixed);
    assert_int_equal(layout.machine, MACHINE_X86);
    sent.size++;
    assert_int_equal(receive(&layout, &sent), MESSAGE_SET_MTU);
    assert_int_equal(layout.machine, MACHINE_X64);
}

static void test_garbage_that_looks_like_an_x86_size_does_not_mislead(void **state)
{
    (void)state;
    for (unsigned hint = MACHINE_X64; hint <= MACHINE_X86; hint++) {
        for (unsigned kind = 0; kind < MESSAGE_KIND_COUNT; kind++) {
            struct message_layout layout = {.machine = (enum machine)hint};
            struct sent sent = send_kind(MACHINE_X64, DIALECT_2_7, (enum message_kind)kind);
            if (sent.size == 0)
                continue;
            store_u32(sent.bytes + 4, (uint32_t)sent.size);
            struct message message;
            assert_int_equal(message_decode(&layout, sent.bytes, sent.size, &message), 0);
            assert_int_equal(layout.machine, MACHINE_X64);
        }
    }
}

static void test_an_id_that_looks_like_an_x64_size_does_not_mislead(void **state)
{
    (void)state;
    for (unsigned hint = MACHINE_X64; hint <= MACHINE_X86; hint++) {
        struct message_layout layout = {.machine = (enum machine)hint};
        const struct message message = {.kind = MESSAGE_SET_MTU, .id = 280, .mtu.mtu = 1500};
        struct sent sent = send_message(MACHINE_X86, DIALECT_2_7, &message);
        assert_int_equal(sent.size, 280);
        assert_int_equal(load_u64(sent.bytes + 8), 280);
        assert_int_equal(receive(&layout, &sent), MESSAGE_SET_MTU);
        assert_int_equal(layout.machine, MACHINE_X86);
    }
}

static void test_a_meaningless_message_of_both_machines_is_of_the_expected_one(void **state)
{
    (void)state;
    for (unsigned hint = MACHINE_X64; hint <= MACHINE_X86; hint++) {
        struct message_layout layout = {.machine = (enum machine)hint};
        struct sent sent = {.bytes = {[0] = 99, [4] = 100, [8] = 100}, .size = 100};
        assert_int_equal(error_of(&layout, &sent), ERROR_MESSAGE_TYPE);
        assert_int_equal(layout.machine, hint);
    }
}

static void test_a_fixed_machine_never_changes(void **state)
{
    (void)state;
    struct message_layout layout = {0};
    struct sent first = send_kind(MACHINE_X86, DIALECT_2_7, MESSAGE_ADD_ROUTE);
    struct sent second = send_kind(MACHINE_X64, DIALECT_2_7, MESSAGE_ADD_ROUTE);
    assert_int_equal(receive(&layout, &first), MESSAGE_ADD_ROUTE);
    struct message message;
    assert_int_equal(message_decode(&layout, second.bytes, second.size, &message),
                     ERROR_MESSAGE_DATA);
    assert_int_equal(message.id, -1);
    assert_int_equal(layout.machine, MACHINE_X86);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_two_types_of_x64_are_ambiguous),
        cmocka_unit_test(test_no_type_has_one_size_on_both_machines),
        cmocka_unit_test(test_a_message_of_one_dialect_fixes_it),
        cmocka_unit_test(test_a_known_dialect_outweighs_every_message),
        cmocka_unit_test(test_a_message_without_fields_is_served_and_fixes_no_dialect),
        cmocka_unit_test(test_common_and_ambiguous_messages_fix_no_dialect),
        cmocka_unit_test(test_content_decides_for_one_message_when_nothing_is_known),
        cmocka_unit_test(test_padding_of_a_flush_does_not_hide_it),
        cmocka_unit_test(test_a_known_dialect_decides_ambiguous_messages_against_their_content),
        cmocka_unit_test(test_a_dialect_once_found_decides_ambiguous_messages),
        cmocka_unit_test(test_a_known_dialect_refuses_the_other),
        cmocka_unit_test(test_a_refused_message_fixes_no_dialect),
        cmocka_unit_test(test_a_lying_message_fixes_no_machine),
        cmocka_unit_test(test_garbage_that_looks_like_an_x86_size_does_not_mislead),
        cmocka_unit_test(test_an_id_that_looks_like_an_x64_size_does_not_mislead),
        cmocka_unit_test(test_a_meaningless_message_of_both_machines_is_of_the_expected_one),
        cmocka_unit_test(test_a_fixed_machine_never_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
