/* SPDX-License-Identifier: MIT */
/* Journal entries that are refused because the service cannot have written them: wrong keys and
 * impossible contents. */
#include "tests/unit/kind_samples.h"

#include "base/bytes.h"

#include <string.h>

static const struct bytes none = {NULL, 0};

/* ---- keys that are not ours ---- */

struct place_row {
    const struct kind *kind;
    const char16_t *path, *name;
    bool is_ours;
};

#define OUTSIDE u"SYSTEM\\CurrentControlSet\\Services\\gatehouse"

static const struct place_row places[] = {
    {&value_kind, TCPIP u"\\Interfaces\\" TAP_GUID, u"NameServer", true},
    {&value_kind, TCPIP u"\\Interfaces\\" TAP_GUID, u"Domain", true},
    {&value_kind, TCPIP6 u"\\Interfaces\\" TAP_GUID, u"NameServer", true},
    {&value_kind, TCPIP6 u"\\Interfaces\\" TAP_GUID, u"Domain", false},
    {&value_kind, TCPIP u"\\Interfaces\\" TAP_GUID, u"DhcpNameServer", false},
    {&value_kind, TCPIP u"\\Interfaces\\" TAP_GUID, u"", false},
    {&value_kind, TCPIP u"\\Interfaces\\" TAP_GUID u"\\x", u"NameServer", false},
    {&value_kind, TCPIP u"\\Interfaces\\" TAP_GUID u"0", u"NameServer", false},
    {&value_kind, TCPIP u"\\Interfaces\\{06008003-4747-4747-8000-00000000000g}", u"NameServer",
     false},
    {&value_kind, TCPIP u"\\Interfaces\\{06008003-4747-4747-8000-000000000009", u"NameServer",
     false},
    {&value_kind, TCPIP u"\\Interfaces\\tap", u"NameServer", false},
    {&value_kind, TCPIP u"\\Interfaces\\", u"NameServer", false},
    {&value_kind, TCPIP u"\\Interfaces", u"NameServer", false},
    {&value_kind, TCPIP, u"NameServer", false},
    {&value_kind, OUTSIDE, u"ImagePath", false},
    {&value_kind, u"", u"", false},
    {&search_domains_kind, POLICY, NULL, true},
    {&search_domains_kind, TCPIP, NULL, true},
    {&search_domains_kind, TCPIP u"\\Interfaces\\" VPN_GUID, NULL, true},
    {&search_domains_kind, TCPIP6 u"\\Interfaces\\" VPN_GUID, NULL, false},
    {&search_domains_kind, TCPIP u"\\Interfaces\\vpn", NULL, false},
    {&search_domains_kind, TCPIP u"\\Interfaces", NULL, false},
    {&search_domains_kind, TCPIP6, NULL, false},
    {&search_domains_kind, POLICY u"\\DnsPolicyConfig", NULL, false},
    {&search_domains_kind, OUTSIDE, NULL, false},
    {&rule_kind, RULES u"\\OpenVPNDNSRouting-4242", NULL, true},
    {&rule_kind, RULES u"\\OpenVPNDNSRoutingX-0a-4242", NULL, true},
    {&rule_kind, POLICY u"\\DnsPolicyConfig\\OpenVPNDNSRouting-4242", NULL, true},
    {&rule_kind, POLICY u"\\OpenVPNDNSRouting-4242", NULL, false},
    {&rule_kind, RULES u"\\OpenVPNDNSRouting-", NULL, false},
    {&rule_kind, RULES u"\\OpenVPNDNSRouting-x", NULL, false},
    {&rule_kind, RULES u"\\OpenVPNDNSRouting-4242\\x-1", NULL, false},
    {&rule_kind, RULES u"\\OpenVPNDNSRouting\\x-1", NULL, false},
    {&rule_kind, RULES u"\\OpenVPNDNSRouting.-1", NULL, false},
    {&rule_kind, RULES u"\\OpenVPNDNSRoutingXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX-4242", NULL, false},
    {&rule_kind, RULES u"\\Other-4242", NULL, false},
    {&rule_kind, RULES u"\\", NULL, false},
    {&rule_kind, RULES, NULL, false},
    {&rule_kind, OUTSIDE u"\\OpenVPNDNSRouting-4242", NULL, false},
    {&rules_key_kind, RULES, NULL, true},
    {&rules_key_kind, POLICY u"\\DnsPolicyConfig", NULL, false},
    {&rules_key_kind, DNSCACHE, NULL, false},
    {&rules_key_kind, RULES u"\\OpenVPNDNSRouting-4242", NULL, false},
};

static void append(unsigned char *key, size_t *size, const char16_t *text)
{
    size_t more = (text_length(text) + 1) * sizeof(*text);
    memcpy(key + *size, text, more);
    *size += more;
}

static void test_keys_that_are_not_ours_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        const struct place_row *row = &places[i];
        unsigned char key[1024] = {0};
        size_t size = row->kind == &search_domains_kind ? 8 : 0;
        append(key, &size, row->path);
        if (row->name)
            append(key, &size, row->name);
        if (is_valid_at_odd_address(row->kind, (struct bytes){key, size}, none) != row->is_ours)
            fail_msg("row %zu (%s): should%s be valid", i, row->kind->name,
                     row->is_ours ? "" : " not");
    }
}

/* ---- impossible contents ---- */

struct content_row {
    const struct kind *kind;
    const char *what;
    bool is_key; /* rather than the state */
    size_t at;   /* the byte to replace */
    unsigned char byte;
};

static const struct content_row contents[] = {
    {&address_kind, "family", true, 8, 3},
    {&address_kind, "behind an IPv4 address", true, 8 + 2 + 4, 1},
    {&address_kind, "prefix length", false, 0, 33},
    {&route_kind, "family of the prefix", true, 8, 23},
    {&route_kind, "family of the next hop", true, 8 + FIELD_IP_SIZE + 1, 23},
    {&route_kind, "prefix length", true, 8 + FIELD_IP_SIZE, 33},
    {&metric_kind, "family", true, 8, 0},
    {&metric_kind, "who has chosen", false, 0, 2},
    {&mtu_kind, "family", true, 9, 1},
    {&search_domains_kind, "whether it was empty", false, 0, 2},
    {&search_domains_kind, "blank in a domain", false, 3, ' '},
    {&search_domains_kind, "empty domain", false, 1, ','},
    {&rule_kind, "first byte", false, 0, 2},
    {&rule_kind, "number of the first value", false, 1, 7},
    {&rule_kind, "value twice", false, 1, 5},
    {&rule_kind, "size of the first value", false, 1 + 5 + 3, 0xff},
    {&rules_key_kind, "presence", false, 0, 2},
    {&dhcp_kind, "choice", false, 0, 2},
    {&dhcp_kind, "size of the first list", false, 2, 0xff},
};

/* A sample with IPv4 that is long enough to have the byte in question. */
static const struct sample *find_sample(const struct content_row *row)
{
    for (size_t i = 0; i < sample_count; i++) {
        const struct sample *sample = &samples[i];
        const unsigned char *key = sample->key.at, *bytes = sample->state.at;
        bool is_ipv6 = (sample->kind == &address_kind || sample->kind == &route_kind) &&
                       load_u16(key + 8) != FAMILY_IPV4;
        if (sample->kind == row->kind && sample->state.size && !is_ipv6 &&
            (row->is_key || row->at < sample->state.size) &&
            (row->kind != &dhcp_kind || bytes[0] == 0))
            return sample;
    }
    fail_msg("no sample for %s of %s", row->what, row->kind->name);
    return NULL;
}

static void test_contents_that_cannot_be_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(contents); i++) {
        const struct content_row *row = &contents[i];
        const struct sample *sample = find_sample(row);
        const struct bytes key = bytes_copy(sample->key), bytes = bytes_copy(sample->state);
        ((unsigned char *)(uintptr_t)(row->is_key ? key : bytes).at)[row->at] = row->byte;
        if (row->kind->is_valid(key, bytes))
            fail_msg("%s: a bad %s is valid", row->kind->name, row->what);
        bytes_free(key);
        bytes_free(bytes);
    }
}

/* Longer lists are cut when they are read. */
static void test_address_lists_have_no_more_units_than_are_read(void **state)
{
    enum { UNITS = 512 };
    unsigned char key[8] = {0}, bytes[1 + 4 * 2 + (UNITS + 1) * 2] = {0};
    (void)state;
    store_u16(bytes + 1, UNITS);
    assert_true(is_valid_at_odd_address(&dhcp_kind, (struct bytes){key, sizeof(key)},
                                        (struct bytes){bytes, sizeof(bytes) - 2}));
    store_u16(bytes + 1, UNITS + 1);
    assert_false(is_valid_at_odd_address(&dhcp_kind, (struct bytes){key, sizeof(key)},
                                         (struct bytes){bytes, sizeof(bytes)}));
}

/* The arrays of a share have room for as many domains as a list can have, and no more. */
static void test_more_domains_than_a_list_can_have_are_refused(void **state)
{
    enum { MOST = 1024, KEY = 256 };
    static unsigned char key[KEY], bytes[1 + 2 * (2 * MOST + 2) + 4 * (MOST + 1)];
    size_t key_size = 8;
    (void)state;
    append(key, &key_size, TCPIP);
    for (size_t count = MOST; count <= MOST + 1; count++) {
        size_t size = 1;
        for (size_t i = 0; i < count; i++, size += 4) {
            store_u16(bytes + size, 'a');
            store_u16(bytes + size + 2, i + 1 < count ? ',' : 0);
        }
        memset(bytes + size, 0, 4 * count);
        size += 4 * count;
        assert_int_equal(search_domains_kind.is_valid((struct bytes){key, key_size},
                                                      (struct bytes){bytes, size}),
                         count == MOST);
        assert_false(search_domains_kind.is_valid((struct bytes){key, key_size},
                                                  (struct bytes){bytes, size - 4}));
    }
}

/* Of one domain: the counts alone are too many. */
static void test_more_counts_than_a_list_can_have_are_refused(void **state)
{
    enum { MOST = 1024, MORE = MOST + 64, KEY = 256 };
    static unsigned char key[KEY], bytes[1 + 2 * 2 + 4 * MORE] = {0, 'a'};
    size_t key_size = 8;
    (void)state;
    append(key, &key_size, TCPIP);
    assert_true(search_domains_kind.is_valid((struct bytes){key, key_size},
                                             (struct bytes){bytes, 1 + 2 * 2 + 4}));
    assert_false(search_domains_kind.is_valid((struct bytes){key, key_size},
                                              (struct bytes){bytes, sizeof(bytes)}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_more_domains_than_a_list_can_have_are_refused),
        cmocka_unit_test(test_more_counts_than_a_list_can_have_are_refused),
        TEST(test_keys_that_are_not_ours_are_refused),
        TEST(test_contents_that_cannot_be_are_refused),
        TEST(test_address_lists_have_no_more_units_than_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
