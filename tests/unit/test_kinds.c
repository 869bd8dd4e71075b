/* SPDX-License-Identifier: MIT */
/* Kinds of changes, as a journal stores them: which bytes are valid. */
#include "tests/unit/kind_samples.h"

#include "base/bytes.h"
#include "base/errors.h"

#include <string.h>

static const struct bytes none = {NULL, 0};

static void test_each_kind_has_its_own_name_and_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < RESOURCE_KINDS; i++) {
        const struct kind *kind = resource_kinds[i];
        assert_int_not_equal(kind->number, 0);
        assert_int_not_equal(kind->lifetime, LIFETIME_PROCESS);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(kind->number, resource_kinds[j]->number);
            assert_string_not_equal(kind->name, resource_kinds[j]->name);
        }
    }
    assert_int_equal(filters_kind.lifetime, LIFETIME_PROCESS);
}

static void test_what_the_channel_makes_is_valid(void **state)
{
    bool has_state[RESOURCE_KINDS + 1] = {false};
    (void)state;
    for (size_t i = 0; i < sample_count; i++) {
        const struct sample *sample = &samples[i];
        if (!sample->kind->is_valid(sample->key, sample->state))
            fail_msg("%s: a state of %zu bytes is not valid", sample->kind->name,
                     sample->state.size);
        assert_true(sample->kind->is_valid(sample->key, none));
        has_state[sample->kind->number] |= sample->state.size > 0;
    }
    for (size_t i = 0; i < RESOURCE_KINDS; i++)
        if (!has_state[resource_kinds[i]->number])
            fail_msg("no %s was made", resource_kinds[i]->name);
}

static void test_a_key_that_is_cut_or_longer_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sample_count; i++) {
        const struct sample *sample = &samples[i];
        assert_true(is_valid_at_odd_address(sample->kind, sample->key, none));
        for (size_t size = 0; size < sample->key.size; size++)
            if (is_valid_at_odd_address(sample->kind, (struct bytes){sample->key.at, size}, none))
                fail_msg("%s: %zu bytes of a key are valid", sample->kind->name, size);
        unsigned char longer[1024] = {0};
        memcpy(longer, sample->key.at, sample->key.size);
        for (size_t more = 1; more < 5; more++)
            assert_false(is_valid_at_odd_address(
                sample->kind, (struct bytes){longer, sample->key.size + more}, none));
    }
}

/* A rule may lack values, and any four bytes are a valid beginning of a registry value. */
static bool may_be_cut(const struct kind *kind, size_t size)
{
    return kind == &rule_kind || ((kind == &value_kind || kind == &wins_kind) && size >= 4);
}

static void test_a_state_that_is_cut_or_longer_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sample_count; i++) {
        const struct sample *sample = &samples[i];
        const struct kind *kind = sample->kind;
        const struct bytes whole = sample->state;
        if (!whole.size)
            continue;
        for (size_t size = 1; size < whole.size; size++)
            if (is_valid_at_odd_address(kind, sample->key, (struct bytes){whole.at, size}) &&
                !may_be_cut(kind, size))
                fail_msg("%s: %zu of %zu bytes of a state are valid", kind->name, size, whole.size);
        unsigned char longer[8192] = {0};
        memcpy(longer, whole.at, whole.size);
        for (size_t more = 1; more < 5; more++)
            if (is_valid_at_odd_address(kind, sample->key,
                                        (struct bytes){longer, whole.size + more}) &&
                kind != &value_kind && kind != &wins_kind)
                fail_msg("%s: %zu bytes behind a state are valid", kind->name, more);
    }
}

/* ---- random bytes ---- */

static uint64_t seed;

static unsigned below(unsigned limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % limit;
}

static void damage(unsigned char *bytes, size_t *size, size_t capacity)
{
    switch (below(4)) {
    case 0:
        *size = below((unsigned)*size + 1);
        break;
    case 1:
        if (*size < capacity)
            bytes[(*size)++] = (unsigned char)below(256);
        break;
    default:
        if (*size)
            bytes[below((unsigned)*size)] = (unsigned char)(below(2) ? below(256) : below(3));
    }
}

static void use(const struct kind *kind, struct bytes key, struct bytes state)
{
    CLEANUP_STATE struct state found = {0};
    unsigned char identity[KIND_IDENTITY_SIZE];
    char text[100];
    size_t size;
    kind->describe(key, text, sizeof(text));
    assert_int_equal(state_set(&found, state), 0);
    kind->probe(network, key, &found);
    if (found.size && state.size)
        kind->satisfies(state_bytes(&found), state);
    if (state.size) {
        kind->change(network, key, none, state);
        kind->change(network, key, state, none);
        if (found.size)
            kind->change(network, key, state_bytes(&found), state);
    }
    if (kind->identify)
        kind->identify(network, key, identity, &size);
}

static void test_what_is_valid_can_be_used(void **state)
{
    unsigned valid = 0, refused = 0;
    (void)state;
    seed = 4;
    for (unsigned round = 0; round < 60; round++) {
        for (size_t i = 0; i < sample_count; i++) {
            const struct sample *sample = &samples[i];
            unsigned char key[1024], bytes[8192];
            size_t key_size = sample->key.size, size = sample->state.size;
            memcpy(key, sample->key.at, key_size);
            memcpy(bytes, sample->state.at, size);
            if (below(3) == 0)
                damage(key, &key_size, sizeof(key));
            damage(bytes, &size, sizeof(bytes));
            const struct bytes exact_key = bytes_copy((struct bytes){key, key_size}),
                               exact = bytes_copy((struct bytes){bytes, size});
            if (sample->kind->is_valid(exact_key, exact)) {
                use(sample->kind, exact_key, exact);
                valid++;
            } else {
                refused++;
            }
            bytes_free(exact_key);
            bytes_free(exact);
        }
    }
    assert_true(valid > 100);
    assert_true(refused > 100);
}

/* ---- what identifies a resource ---- */

static void test_interfaces_are_identified_by_their_guid(void **state)
{
    static const struct kind *const of_interfaces[] = {&address_kind, &route_kind, &metric_kind,
                                                       &mtu_kind,     &wins_kind,  &dhcp_kind};
    static const unsigned char guid[] = {0x06, 0x00, 0x80, 0x03, 0x47, 0x47, 0x47, 0x47,
                                         0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09};
    unsigned char key[64] = {0}, identity[KIND_IDENTITY_SIZE];
    uint64_t luid;
    size_t size;
    (void)state;
    assert_int_equal(network->find_interface(network, POPULATED_TAP, "", &luid), 0);
    for (size_t i = 0; i < ARRAY_COUNT(of_interfaces); i++) {
        store_u64(key, luid);
        assert_int_equal(
            of_interfaces[i]->identify(network, (struct bytes){key, sizeof(key)}, identity, &size),
            0);
        assert_int_equal(size, sizeof(guid));
        assert_memory_equal(identity, guid, size);
        store_u64(key, luid + 1);
        assert_int_equal(
            of_interfaces[i]->identify(network, (struct bytes){key, sizeof(key)}, identity, &size),
            ERROR_FILE_NOT_FOUND);
    }
}

static void test_entries_are_described_in_a_line(void **state)
{
    static const char16_t path[] = RULES u"\\OpenVPNDNSRouting-4242";
    char text[256];
    (void)state;
    struct journal_entry entry = {.kind = KIND_RULE, .key = {path, sizeof(path)}};
    resources_describe(&entry, text, sizeof(text));
    assert_non_null(strstr(text, "DnsPolicyConfig\\OpenVPNDNSRouting-4242"));
    entry.key.size--;
    resources_describe(&entry, text, sizeof(text));
    assert_string_equal(text, "NRPT rule with a damaged name");
    entry.kind = 77;
    resources_describe(&entry, text, sizeof(text));
    assert_string_equal(text, "change of unknown kind 77");
    resources_describe(&entry, text, 7);
    assert_string_equal(text, "change");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_kind_has_its_own_name_and_number),
        TEST(test_what_the_channel_makes_is_valid),
        TEST(test_a_key_that_is_cut_or_longer_is_refused),
        TEST(test_a_state_that_is_cut_or_longer_is_refused),
        TEST(test_what_is_valid_can_be_used),
        TEST(test_interfaces_are_identified_by_their_guid),
        TEST(test_entries_are_described_in_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
