/* SPDX-License-Identifier: MIT */
/* Properties of every message, checked on many random ones; the seed is fixed, so that a failure is
 * reproducible. */
#include "base/bytes.h"
#include "base/errors.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/decode_copy.h"
#include "wire/message.h"

#include <string.h>

enum { ROUNDS = 200, NOISE_ROUNDS = 20000 };

/* xorshift64* (Marsaglia; Vigna 2016). */
static uint64_t random_state;

static uint64_t random_u64(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545F4914F6CDD1D);
}

static uint32_t random_u32(void)
{
    return (uint32_t)(random_u64() >> 32);
}

static size_t random_below(size_t limit)
{
    return random_u32() % limit;
}

static void random_bytes(void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)random_u32();
}

/* A string of up to `longest` bytes without a zero. */
static void random_string(char *string, size_t longest)
{
    size_t length = random_below(4) == 0 ? longest : random_below(longest + 1);
    for (size_t i = 0; i < length; i++)
        string[i] = (char)(1 + random_below(255));
}

static void random_interface(struct message_interface *interface)
{
    interface->index = random_u32();
    random_string(interface->name, 256);
}

static void random_nrpt(struct message_nrpt *nrpt)
{
    random_interface(&nrpt->interface);
    for (size_t i = 0; i < 8; i++)
        random_string(nrpt->addresses[i], 48);
    random_bytes(nrpt->resolve_domains, 512);
    random_string(nrpt->search_domains, 512);
    nrpt->flags = random_u32();
}

static void random_nbt(struct message_nbt *nbt)
{
    random_interface(&nbt->interface);
    nbt->disable = (int32_t)random_u32();
    nbt->type = (int32_t)random_u32();
    random_string(nbt->scope, 256);
    random_bytes(&nbt->primary, 4);
    random_bytes(&nbt->secondary, 4);
}

static void random_rings(struct message_rings *rings, enum machine machine)
{
    uint64_t *const handles[] = {&rings->device, &rings->send_ring, &rings->receive_ring,
                                 &rings->send_tail_moved, &rings->receive_tail_moved};
    for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++)
        *handles[i] = machine == MACHINE_X64 ? random_u64() : random_u32();
}

static void random_payload(struct message *message, enum machine machine)
{
    switch (message->kind) {
    case MESSAGE_ACKNOWLEDGEMENT:
        message->acknowledgement.error = (int32_t)random_u32();
        break;
    case MESSAGE_ADD_ADDRESS:
    case MESSAGE_DELETE_ADDRESS:
        message->address.family = (int16_t)random_u32();
        random_bytes(&message->address.address, 16);
        message->address.prefix_length = (int32_t)random_u32();
        random_interface(&message->address.interface);
        break;
    case MESSAGE_ADD_ROUTE:
    case MESSAGE_DELETE_ROUTE:
        message->route.family = (int16_t)random_u32();
        random_bytes(&message->route.prefix, 16);
        message->route.prefix_length = (int32_t)random_u32();
        random_bytes(&message->route.gateway, 16);
        random_interface(&message->route.interface);
        message->route.metric = (int32_t)random_u32();
        break;
    case MESSAGE_ADD_DNS:
    case MESSAGE_DELETE_DNS:
        random_interface(&message->dns.interface);
        random_string(message->dns.domains, 512);
        message->dns.family = (int16_t)random_u32();
        message->dns.address_count = random_u32();
        random_bytes(message->dns.addresses, 64);
        break;
    case MESSAGE_ADD_NRPT:
    case MESSAGE_DELETE_NRPT:
        random_nrpt(&message->nrpt);
        break;
    case MESSAGE_ADD_NBT:
    case MESSAGE_DELETE_NBT:
        random_nbt(&message->nbt);
        break;
    case MESSAGE_FLUSH_NEIGHBORS:
        message->flush.family = (int16_t)random_u32();
        random_interface(&message->flush.interface);
        break;
    case MESSAGE_ADD_BLOCK_DNS:
    case MESSAGE_DELETE_BLOCK_DNS:
        random_interface(&message->block_dns.interface);
        break;
    case MESSAGE_ADD_WFP_BLOCK:
    case MESSAGE_DELETE_WFP_BLOCK:
        message->wfp_block.flags = random_u32();
        random_interface(&message->wfp_block.interface);
        break;
    case MESSAGE_ENABLE_DHCP:
        random_interface(&message->dhcp.interface);
        break;
    case MESSAGE_REGISTER_RING_BUFFERS:
        random_rings(&message->rings, machine);
        break;
    case MESSAGE_SET_MTU:
        random_interface(&message->mtu.interface);
        message->mtu.family = (int16_t)random_u32();
        message->mtu.mtu = random_u32();
        break;
    case MESSAGE_ADD_WINS:
    case MESSAGE_DELETE_WINS:
        random_interface(&message->wins.interface);
        message->wins.address_count = random_u32();
        random_bytes(message->wins.addresses, 64);
        break;
    case MESSAGE_CREATE_ADAPTER:
        message->create_adapter.adapter_type = random_u32();
        break;
    case MESSAGE_REGISTER_DNS:
    case MESSAGE_KIND_COUNT:
        break;
    }
}

static void random_message(struct message *message, enum message_kind kind, enum machine machine)
{
    memset(message, 0, sizeof(*message));
    message->kind = kind;
    message->id = (int32_t)random_u32();
    random_payload(message, machine);
}

static struct message_layout fixed(unsigned machine, unsigned dialect)
{
    return (struct message_layout){(enum machine)machine, true, (enum dialect)dialect};
}

/* Calls `check` with random messages of every kind in every layout that has the kind. */
typedef void check_message(struct message_layout layout, const struct message *message,
                           uint8_t *bytes, size_t size);

static size_t for_random_messages(size_t rounds, check_message *check)
{
    size_t checked = 0;
    random_state = 20240229;
    for (size_t round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < 4 * MESSAGE_KIND_COUNT; i++) {
            struct message_layout layout =
                fixed(i & 1 ? MACHINE_X86 : MACHINE_X64, i & 2 ? DIALECT_2_7 : DIALECT_UP_TO_2_6);
            struct message message;
            uint8_t bytes[MESSAGE_MAX_SIZE];
            random_message(&message, (enum message_kind)(i / 4), layout.machine);
            size_t size = message_encode(&layout, &message, bytes, sizeof(bytes));
            if (size == 0)
                continue;
            check(layout, &message, bytes, size);
            checked++;
        }
    }
    return checked;
}

static void check_same(struct message_layout layout, const struct message *message, uint8_t *bytes,
                       size_t size)
{
    struct message decoded;
    uint8_t again[MESSAGE_MAX_SIZE];
    assert_int_equal(decode_copy(&layout, bytes, size, &decoded), 0);
    if (memcmp(&decoded, message, sizeof(decoded)) != 0)
        fail_msg("%s decodes to something else", message_name(message->kind));
    assert_int_equal(message_encode(&layout, &decoded, again, sizeof(again)), size);
    assert_memory_equal(again, bytes, size);
}

static void test_what_is_encoded_decodes_to_the_same(void **state)
{
    (void)state;
    /* On each of two machines: 15 kinds that both dialects have, 3 of 2.6 only and 5 of 2.7
     * only. */
    assert_int_equal(for_random_messages(ROUNDS, check_same), ROUNDS * 2 * (15 * 2 + 3 + 5));
}

static void check_truncated(struct message_layout layout, const struct message *message,
                            uint8_t *bytes, size_t size)
{
    struct message decoded;
    const size_t cut = random_below(size);
    const size_t header = layout.machine == MACHINE_X64 ? 24 : 12;
    /* Of another size it is no ring buffers but a type that is not known. */
    bool unknown = message->kind == MESSAGE_REGISTER_RING_BUFFERS && cut >= header;
    assert_int_equal(decode_copy(&layout, bytes, cut, &decoded), ERROR_MESSAGE_DATA);
    assert_int_equal(decoded.id, -1);
    /* The same with a size field that matches. */
    if (layout.machine == MACHINE_X64)
        store_u64(bytes + 8, cut);
    else
        store_u32(bytes + 4, (uint32_t)cut);
    assert_int_equal(decode_copy(&layout, bytes, cut, &decoded),
                     unknown ? ERROR_MESSAGE_TYPE : ERROR_MESSAGE_DATA);
}

static void test_truncated_messages_are_never_whole(void **state)
{
    (void)state;
    assert_true(for_random_messages(ROUNDS, check_truncated) > 0);
}

static void check_learned(struct message_layout layout, const struct message *message,
                          uint8_t *bytes, size_t size)
{
    struct message_layout hints[] = {
        {MACHINE_X64, false, layout.dialect},
        {MACHINE_X86, false, layout.dialect},
    };
    /* Like the bytes between the fields of an uninitialised struct. */
    if (layout.machine == MACHINE_X64)
        store_u32(bytes + 4, random_below(2) ? (uint32_t)size : random_u32());
    for (size_t i = 0; i < 2; i++) {
        struct message decoded;
        assert_int_equal(decode_copy(&hints[i], bytes, size, &decoded), 0);
        assert_int_equal(hints[i].machine, layout.machine);
        assert_true(hints[i].machine_is_fixed);
        assert_int_equal(hints[i].dialect, layout.dialect);
        assert_memory_equal(&decoded, message, sizeof(decoded));
    }
}

static void test_the_machine_is_learned_whatever_was_expected(void **state)
{
    (void)state;
    assert_true(for_random_messages(ROUNDS, check_learned) > 0);
}

/* Random bytes after a header that is often valid, so that they get past it. */
static size_t random_noise(uint8_t *bytes, size_t capacity)
{
    static const uint16_t sizes[] = {0,   12,  16,  24,  32,  64,  272, 276, 280, 288,  296,
                                     312, 316, 328, 340, 352, 544, 560, 856, 872, 1684, 1696};
    size_t size = random_below(3) ? sizes[random_below(sizeof(sizes) / sizeof(sizes[0]))]
                                  : random_below(capacity + 1);
    random_bytes(bytes, size);
    if (size >= 4 && random_below(4))
        store_u32(bytes, (uint32_t)random_below(24));
    if (size >= 8 && random_below(2))
        store_u32(bytes + 4, (uint32_t)size);
    if (size >= 16 && random_below(2))
        store_u64(bytes + 8, size);
    return size;
}

static void test_random_bytes_are_whole_only_when_their_size_is_right(void **state)
{
    (void)state;
    size_t whole = 0;
    random_state = 4711;
    for (size_t round = 0; round < NOISE_ROUNDS; round++) {
        uint8_t bytes[MESSAGE_MAX_SIZE + 64], encoded[MESSAGE_MAX_SIZE];
        size_t size = random_noise(bytes, sizeof(bytes));
        struct message_layout layout = {random_below(2) ? MACHINE_X64 : MACHINE_X86,
                                        random_below(2) == 0, (enum dialect)random_below(3)};
        const struct message_layout before = layout;
        struct message message;
        uint32_t error = decode_copy(&layout, bytes, size, &message);
        assert_true(error == 0 || error == ERROR_MESSAGE_DATA || error == ERROR_MESSAGE_TYPE);
        assert_true(!before.machine_is_fixed || layout.machine == before.machine);
        assert_true(before.dialect == DIALECT_UNKNOWN || layout.dialect == before.dialect);
        if (error)
            continue;
        whole++;
        unsigned agreeing = 0;
        for (unsigned d = DIALECT_UP_TO_2_6; d <= DIALECT_2_7; d++) {
            struct message_layout as = fixed(layout.machine, d);
            agreeing += message_encode(&as, &message, encoded, sizeof(encoded)) == size &&
                        load_u32(encoded) == load_u32(bytes);
        }
        assert_true(agreeing > 0);
    }
    assert_true(whole > NOISE_ROUNDS / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_encoded_decodes_to_the_same),
        cmocka_unit_test(test_truncated_messages_are_never_whole),
        cmocka_unit_test(test_the_machine_is_learned_whatever_was_expected),
        cmocka_unit_test(test_random_bytes_are_whole_only_when_their_size_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
