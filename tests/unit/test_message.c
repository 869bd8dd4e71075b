/* SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "base/bytes.h"
#include "base/errors.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/decode_copy.h"
#include "tests/unit/message_mirror.h"
#include "wire/message.h"

#include <string.h>

/* Expected of each kind: its numbers (-1: none) and its sizes on x64 and x86. */
static const struct expectation {
    int32_t up_to_2_6, in_2_7;
    size_t size[2];
    const char *mirror;
    size_t mirror_size[2];
} expected[MESSAGE_KIND_COUNT] = {
#define EXPECT(kind, old, new, x64, x86, mirror)                                                   \
    [kind] = {                                                                                     \
        old, new, {x64, x86}, #mirror, {sizeof(struct x64_##mirror), sizeof(struct x86_##mirror)}}
    EXPECT(MESSAGE_ACKNOWLEDGEMENT, 0, 0, 32, 16, acknowledgement),
    EXPECT(MESSAGE_ADD_ADDRESS, 1, 1, 312, 296, address),
    EXPECT(MESSAGE_DELETE_ADDRESS, 2, 2, 312, 296, address),
    EXPECT(MESSAGE_ADD_ROUTE, 3, 3, 328, 316, route),
    EXPECT(MESSAGE_DELETE_ROUTE, 4, 4, 328, 316, route),
    EXPECT(MESSAGE_ADD_DNS, 5, 5, 872, 856, dns),
    EXPECT(MESSAGE_DELETE_DNS, 6, 6, 872, 856, dns),
    EXPECT(MESSAGE_ADD_NRPT, -1, 7, 1696, 1684, nrpt),
    EXPECT(MESSAGE_DELETE_NRPT, -1, 8, 1696, 1684, nrpt),
    EXPECT(MESSAGE_ADD_NBT, 7, 9, 560, 544, nbt),
    EXPECT(MESSAGE_DELETE_NBT, 8, 10, 560, 544, nbt),
    EXPECT(MESSAGE_FLUSH_NEIGHBORS, 9, 11, 288, 276, flush),
    EXPECT(MESSAGE_ADD_BLOCK_DNS, 10, -1, 288, 272, interface_only),
    EXPECT(MESSAGE_DELETE_BLOCK_DNS, 11, -1, 288, 272, interface_only),
    EXPECT(MESSAGE_ADD_WFP_BLOCK, -1, 12, 288, 276, wfp_block),
    EXPECT(MESSAGE_DELETE_WFP_BLOCK, -1, 13, 288, 276, wfp_block),
    EXPECT(MESSAGE_REGISTER_DNS, 12, 14, 24, 12, header),
    EXPECT(MESSAGE_ENABLE_DHCP, 13, 15, 288, 272, interface_only),
    EXPECT(MESSAGE_REGISTER_RING_BUFFERS, 14, -1, 64, 32, rings),
    EXPECT(MESSAGE_SET_MTU, 15, 17, 296, 280, mtu),
    EXPECT(MESSAGE_ADD_WINS, 16, 18, 352, 340, wins),
    EXPECT(MESSAGE_DELETE_WINS, 17, 19, 352, 340, wins),
    EXPECT(MESSAGE_CREATE_ADAPTER, -1, 20, 32, 16, create_adapter),
};

static struct message_layout fixed(enum machine machine, enum dialect dialect)
{
    return (struct message_layout){machine, true, dialect};
}

static void test_every_kind_has_its_number_and_size(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < MESSAGE_KIND_COUNT; kind++) {
        const struct expectation *row = &expected[kind];
        const struct message message = {.kind = (enum message_kind)kind, .id = 7};
        for (unsigned combination = 0; combination < 4; combination++) {
            enum machine machine = combination & 1 ? MACHINE_X86 : MACHINE_X64;
            enum dialect dialect = combination & 2 ? DIALECT_2_7 : DIALECT_UP_TO_2_6;
            struct message_layout layout = fixed(machine, dialect);
            int32_t type = dialect == DIALECT_2_7 ? row->in_2_7 : row->up_to_2_6;
            uint8_t bytes[MESSAGE_MAX_SIZE];
            size_t size = message_encode(&layout, &message, bytes, sizeof(bytes));
            if (size != (type < 0 ? 0 : row->size[machine]))
                fail_msg("%s: size %zu", message_name(message.kind), size);
            if (size && (int32_t)load_u32(bytes) != type)
                fail_msg("%s: type %d", message_name(message.kind), (int)load_u32(bytes));
            if (row->size[machine] != row->mirror_size[machine])
                fail_msg("%s: the mirror differs", message_name(message.kind));
        }
    }
}

static void test_every_name_is_its_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MESSAGE_KIND_COUNT; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(message_name((enum message_kind)i),
                                    message_name((enum message_kind)j));
    assert_string_equal(message_name(MESSAGE_ADD_ROUTE), "add_route");
    assert_string_equal(message_name(MESSAGE_SET_MTU), "set_mtu");
}

/* Every field: its place in struct message, its offset on x64 and on x86 as the mirror has it, and
 * its size on each. */
static const struct place {
    const char *name;
    enum message_kind kind;
    size_t member, offset[2], size[2];
} places[] = {
#define PLACE_AT(kind, member, mirror, field)                                                      \
    {                                                                                              \
#member, kind, offsetof(struct message, member),                                           \
            {offsetof(struct x64_##mirror, field), offsetof(struct x86_##mirror, field) },         \
        {                                                                                          \
            sizeof(((struct x64_##mirror *)0)->field), sizeof(((struct x86_##mirror *)0)->field)   \
        }                                                                                          \
    }
#define PLACE(kind, payload, field) PLACE_AT(kind, payload.field, payload, field)
#define INTERFACE_OF(kind, payload, mirror)                                                        \
    PLACE_AT(kind, payload.interface.index, mirror, interface.index),                              \
        PLACE_AT(kind, payload.interface.name, mirror, interface.name)
    PLACE(MESSAGE_ACKNOWLEDGEMENT, acknowledgement, error),
    PLACE(MESSAGE_ADD_ADDRESS, address, family),
    PLACE(MESSAGE_ADD_ADDRESS, address, address),
    PLACE(MESSAGE_ADD_ADDRESS, address, prefix_length),
    INTERFACE_OF(MESSAGE_DELETE_ADDRESS, address, address),
    PLACE(MESSAGE_ADD_ROUTE, route, family),
    PLACE(MESSAGE_ADD_ROUTE, route, prefix),
    PLACE(MESSAGE_ADD_ROUTE, route, prefix_length),
    PLACE(MESSAGE_DELETE_ROUTE, route, gateway),
    INTERFACE_OF(MESSAGE_DELETE_ROUTE, route, route),
    PLACE(MESSAGE_DELETE_ROUTE, route, metric),
    INTERFACE_OF(MESSAGE_ADD_DNS, dns, dns),
    PLACE(MESSAGE_ADD_DNS, dns, domains),
    PLACE(MESSAGE_ADD_DNS, dns, family),
    PLACE(MESSAGE_DELETE_DNS, dns, address_count),
    PLACE(MESSAGE_DELETE_DNS, dns, addresses),
    INTERFACE_OF(MESSAGE_ADD_NRPT, nrpt, nrpt),
    PLACE(MESSAGE_ADD_NRPT, nrpt, addresses[0]),
    PLACE(MESSAGE_ADD_NRPT, nrpt, addresses[1]),
    PLACE(MESSAGE_ADD_NRPT, nrpt, addresses[2]),
    PLACE(MESSAGE_ADD_NRPT, nrpt, addresses[3]),
    PLACE(MESSAGE_ADD_NRPT, nrpt, addresses[4]),
    PLACE(MESSAGE_ADD_NRPT, nrpt, addresses[5]),
    PLACE(MESSAGE_ADD_NRPT, nrpt, addresses[6]),
    PLACE(MESSAGE_ADD_NRPT, nrpt, addresses[7]),
    PLACE(MESSAGE_DELETE_NRPT, nrpt, resolve_domains),
    PLACE(MESSAGE_DELETE_NRPT, nrpt, search_domains),
    PLACE(MESSAGE_DELETE_NRPT, nrpt, flags),
    INTERFACE_OF(MESSAGE_ADD_WINS, wins, wins),
    PLACE(MESSAGE_DELETE_WINS, wins, address_count),
    PLACE(MESSAGE_ADD_WINS, wins, addresses),
    INTERFACE_OF(MESSAGE_ADD_NBT, nbt, nbt),
    PLACE(MESSAGE_ADD_NBT, nbt, disable),
    PLACE(MESSAGE_ADD_NBT, nbt, type),
    PLACE(MESSAGE_DELETE_NBT, nbt, scope),
    PLACE(MESSAGE_DELETE_NBT, nbt, primary),
    PLACE(MESSAGE_DELETE_NBT, nbt, secondary),
    PLACE(MESSAGE_FLUSH_NEIGHBORS, flush, family),
    INTERFACE_OF(MESSAGE_FLUSH_NEIGHBORS, flush, flush),
    INTERFACE_OF(MESSAGE_ADD_BLOCK_DNS, block_dns, interface_only),
    INTERFACE_OF(MESSAGE_DELETE_BLOCK_DNS, block_dns, interface_only),
    PLACE(MESSAGE_ADD_WFP_BLOCK, wfp_block, flags),
    INTERFACE_OF(MESSAGE_DELETE_WFP_BLOCK, wfp_block, wfp_block),
    INTERFACE_OF(MESSAGE_ENABLE_DHCP, dhcp, interface_only),
    PLACE(MESSAGE_REGISTER_RING_BUFFERS, rings, device),
    PLACE(MESSAGE_REGISTER_RING_BUFFERS, rings, send_ring),
    PLACE(MESSAGE_REGISTER_RING_BUFFERS, rings, receive_ring),
    PLACE(MESSAGE_REGISTER_RING_BUFFERS, rings, send_tail_moved),
    PLACE(MESSAGE_REGISTER_RING_BUFFERS, rings, receive_tail_moved),
    INTERFACE_OF(MESSAGE_SET_MTU, mtu, mtu),
    PLACE(MESSAGE_SET_MTU, mtu, family),
    PLACE(MESSAGE_SET_MTU, mtu, mtu),
    PLACE(MESSAGE_CREATE_ADAPTER, create_adapter, adapter_type),
};

/* The newest dialect that has the kind. */
static enum dialect newest_dialect(enum message_kind kind)
{
    return expected[kind].in_2_7 >= 0 ? DIALECT_2_7 : DIALECT_UP_TO_2_6;
}

/* A message of this kind in which every byte after the header is `filling`. */
static size_t filled_message(enum machine machine, enum message_kind kind, uint8_t filling,
                             uint8_t *bytes)
{
    struct message_layout layout = fixed(machine, newest_dialect(kind));
    const struct message message = {.kind = kind, .id = 42};
    size_t size = message_encode(&layout, &message, bytes, MESSAGE_MAX_SIZE);
    size_t header = machine == MACHINE_X64 ? sizeof(struct x64_header) : sizeof(struct x86_header);
    assert_int_equal(size, expected[kind].size[machine]);
    memset(bytes + header, filling, size - header);
    return size;
}

static void decode_whole(enum machine machine, enum message_kind kind, const uint8_t *bytes,
                         size_t size, struct message *message)
{
    struct message_layout layout = fixed(machine, newest_dialect(kind));
    assert_int_equal(decode_copy(&layout, bytes, size, message), 0);
    assert_int_equal(message->kind, kind);
    assert_int_equal(message->id, 42);
}

/* `message` with only this field, all others zero. */
static struct message with_field(const struct place *place, enum machine machine,
                                 const uint8_t *field)
{
    struct message message;
    memset(&message, 0, sizeof(message));
    message.kind = place->kind;
    message.id = 42;
    memcpy((uint8_t *)&message + place->member, field, place->size[machine]);
    return message;
}

static void test_every_field_is_where_the_compiler_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        for (unsigned m = MACHINE_X64; m <= MACHINE_X86; m++) {
            enum machine machine = (enum machine)m;
            const struct place *place = &places[i];
            uint8_t bytes[MESSAGE_MAX_SIZE], again[MESSAGE_MAX_SIZE];
            size_t size = filled_message(machine, place->kind, 0, bytes);
            uint8_t *field = bytes + place->offset[machine];
            for (size_t b = 0; b < place->size[machine]; b++)
                field[b] = (uint8_t)(1 + (b + 3 * i) % 255);

            struct message message, whole = with_field(place, machine, field);
            decode_whole(machine, place->kind, bytes, size, &message);
            if (memcmp(&message, &whole, sizeof(whole)) != 0)
                fail_msg("%s is read from elsewhere (machine %u)", place->name, m);

            struct message_layout layout = fixed(machine, newest_dialect(place->kind));
            if (message_encode(&layout, &whole, again, sizeof(again)) != size ||
                memcmp(again, bytes, size) != 0)
                fail_msg("%s is written elsewhere (machine %u)", place->name, m);
        }
    }
}

static void test_padding_is_not_read(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < MESSAGE_KIND_COUNT; kind++) {
        for (unsigned m = MACHINE_X64; m <= MACHINE_X86; m++) {
            enum machine machine = (enum machine)m;
            uint8_t bytes[MESSAGE_MAX_SIZE];
            size_t size = filled_message(machine, (enum message_kind)kind, 0xA5, bytes);
            /* Deletions have the same fields as additions. */
            for (size_t i = 0; i < ARRAY_COUNT(places); i++)
                if (strcmp(expected[places[i].kind].mirror, expected[kind].mirror) == 0)
                    memset(bytes + places[i].offset[m], 0, places[i].size[m]);
            if (machine == MACHINE_X64)
                store_u32(bytes + 4, 0xA5A5A5A5), store_u32(bytes + 20, 0xA5A5A5A5);
            struct message message, nothing;
            memset(&nothing, 0, sizeof(nothing));
            nothing.kind = (enum message_kind)kind;
            nothing.id = 42;
            decode_whole(machine, (enum message_kind)kind, bytes, size, &message);
            assert_memory_equal(&message, &nothing, sizeof(nothing));
        }
    }
}

static void test_unterminated_strings_end_with_their_field(void **state)
{
    (void)state;
    uint8_t bytes[MESSAGE_MAX_SIZE];
    struct message message;
    size_t size = filled_message(MACHINE_X64, MESSAGE_ADD_NRPT, 'x', bytes);
    decode_whole(MACHINE_X64, MESSAGE_ADD_NRPT, bytes, size, &message);
    assert_int_equal(strlen(message.nrpt.interface.name), 256);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(strlen(message.nrpt.addresses[i]), 48);
    assert_int_equal(strlen(message.nrpt.resolve_domains), 512);
    assert_int_equal(message.nrpt.resolve_domains[513], 0);
    assert_int_equal(strlen(message.nrpt.search_domains), 512);
}

static void test_a_string_ends_with_its_terminator_but_a_list_goes_on(void **state)
{
    (void)state;
    uint8_t bytes[MESSAGE_MAX_SIZE];
    struct message message;
    size_t size = filled_message(MACHINE_X86, MESSAGE_ADD_NRPT, 'x', bytes);
    const struct x86_nrpt *nrpt = NULL;
    bytes[offsetof(struct x86_nrpt, search_domains) + 1] = 0;
    bytes[offsetof(struct x86_nrpt, resolve_domains) + 1] = 0;
    decode_whole(MACHINE_X86, MESSAGE_ADD_NRPT, bytes, size, &message);
    static const char rest[sizeof(nrpt->search_domains) - 1] = "";
    assert_memory_equal(message.nrpt.search_domains, "x", 2);
    assert_memory_equal(message.nrpt.search_domains + 1, rest, sizeof(rest));
    assert_memory_equal(message.nrpt.resolve_domains, "x\0x", 3);
    assert_int_equal(message.nrpt.resolve_domains[511], 'x');
}

static void test_what_follows_a_terminator_is_not_sent(void **state)
{
    (void)state;
    struct message_layout layout = fixed(MACHINE_X64, DIALECT_2_7);
    const struct message message = {.kind = MESSAGE_SET_MTU, .mtu.interface.name = "tun\0secret"};
    uint8_t bytes[MESSAGE_MAX_SIZE];
    assert_int_equal(message_encode(&layout, &message, bytes, sizeof(bytes)), 296);
    assert_memory_equal(bytes + 28, "tun\0\0\0\0\0\0\0", 10);
}

static void test_short_and_lying_messages_have_no_id(void **state)
{
    (void)state;
    for (unsigned m = MACHINE_X64; m <= MACHINE_X86; m++) {
        struct message_layout layout = fixed((enum machine)m, DIALECT_2_7);
        struct message message;
        uint8_t bytes[MESSAGE_MAX_SIZE] = {0};
        size_t size = filled_message(layout.machine, MESSAGE_ADD_ROUTE, 0, bytes);
        for (size_t cut = 0; cut < size; cut++) {
            assert_int_equal(decode_copy(&layout, bytes, cut, &message), ERROR_MESSAGE_DATA);
            assert_int_equal(message.id, -1);
        }
        assert_int_equal(decode_copy(&layout, bytes, size + 1, &message), ERROR_MESSAGE_DATA);
        assert_int_equal(message.id, -1);
    }
}

static void test_the_upper_half_of_an_x64_size_counts(void **state)
{
    (void)state;
    struct message_layout layout = fixed(MACHINE_X64, DIALECT_2_7);
    struct message message;
    uint8_t bytes[MESSAGE_MAX_SIZE];
    size_t size = filled_message(MACHINE_X64, MESSAGE_SET_MTU, 0, bytes);
    bytes[15] = 0x80;
    assert_int_equal(decode_copy(&layout, bytes, size, &message), ERROR_MESSAGE_DATA);
    assert_int_equal(message.id, -1);
}

static void test_a_wrong_size_for_the_type_keeps_the_id(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < MESSAGE_KIND_COUNT; kind++) {
        struct message_layout layout = fixed(MACHINE_X64, newest_dialect((enum message_kind)kind));
        uint8_t bytes[MESSAGE_MAX_SIZE + 8] = {0};
        size_t size = filled_message(MACHINE_X64, (enum message_kind)kind, 0, bytes);
        for (size_t wrong = size - 4; wrong <= size + 4; wrong += 8) {
            struct message message;
            store_u64(bytes + 8, wrong);
            assert_int_equal(decode_copy(&layout, bytes, wrong, &message),
                             kind == MESSAGE_REGISTER_RING_BUFFERS ? ERROR_MESSAGE_TYPE
                                                                   : ERROR_MESSAGE_DATA);
            assert_int_equal(message.id, wrong < 24 ? -1 : 42);
        }
    }
}

static void test_unknown_types_keep_the_id(void **state)
{
    (void)state;
    static const struct {
        enum dialect dialect;
        int32_t type;
    } rows[] = {
        {DIALECT_UP_TO_2_6, 18},
        {DIALECT_UP_TO_2_6, 20},
        {DIALECT_UP_TO_2_6, -1},
        {DIALECT_2_7, 21},
        {DIALECT_2_7, 16 /* deprecated */},
        {DIALECT_2_7, -1},
        {DIALECT_2_7, INT32_MAX},
        {DIALECT_2_7, INT32_MIN},
        {DIALECT_UNKNOWN, 21},
        {DIALECT_UNKNOWN, -1},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct message_layout layout = fixed(MACHINE_X64, rows[i].dialect);
        struct message message;
        uint8_t bytes[MESSAGE_MAX_SIZE];
        size_t size = filled_message(MACHINE_X64, MESSAGE_REGISTER_RING_BUFFERS, 0, bytes);
        store_u32(bytes, (uint32_t)rows[i].type);
        if (decode_copy(&layout, bytes, size, &message) != ERROR_MESSAGE_TYPE || message.id != 42)
            fail_msg("type %d in dialect %d", (int)rows[i].type, (int)rows[i].dialect);
    }
}

static void test_what_does_not_fit_is_not_encoded(void **state)
{
    (void)state;
    struct message_layout layout = fixed(MACHINE_X64, DIALECT_2_7);
    const struct message route = {.kind = MESSAGE_ADD_ROUTE};
    uint8_t bytes[328];
    assert_int_equal(message_encode(&layout, &route, bytes, 327), 0);
    assert_int_equal(message_encode(&layout, &route, bytes, 328), 328);
}

static void test_an_unknown_dialect_is_enough_for_what_all_have(void **state)
{
    (void)state;
    struct message_layout layout = {.machine = MACHINE_X64};
    const struct message acknowledgement = {.id = -1, .acknowledgement.error = 0x20000002},
                         mtu = {.kind = MESSAGE_SET_MTU}, nrpt = {.kind = MESSAGE_ADD_NRPT};
    static const uint8_t whole[32] = {
        [8] = 32, [16] = 0xff, [17] = 0xff, [18] = 0xff, [19] = 0xff, [24] = 0x02, [27] = 0x20};
    uint8_t bytes[MESSAGE_MAX_SIZE];
    assert_int_equal(message_encode(&layout, &acknowledgement, bytes, sizeof(bytes)), 32);
    assert_memory_equal(bytes, whole, sizeof(whole));
    assert_int_equal(message_encode(&layout, &mtu, bytes, sizeof(bytes)), 0);
    assert_int_equal(message_encode(&layout, &nrpt, bytes, sizeof(bytes)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_has_its_number_and_size),
        cmocka_unit_test(test_every_name_is_its_own),
        cmocka_unit_test(test_every_field_is_where_the_compiler_has_it),
        cmocka_unit_test(test_padding_is_not_read),
        cmocka_unit_test(test_unterminated_strings_end_with_their_field),
        cmocka_unit_test(test_a_string_ends_with_its_terminator_but_a_list_goes_on),
        cmocka_unit_test(test_what_follows_a_terminator_is_not_sent),
        cmocka_unit_test(test_short_and_lying_messages_have_no_id),
        cmocka_unit_test(test_the_upper_half_of_an_x64_size_counts),
        cmocka_unit_test(test_a_wrong_size_for_the_type_keeps_the_id),
        cmocka_unit_test(test_unknown_types_keep_the_id),
        cmocka_unit_test(test_what_does_not_fit_is_not_encoded),
        cmocka_unit_test(test_an_unknown_dialect_is_enough_for_what_all_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
