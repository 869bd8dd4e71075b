/* SPDX-License-Identifier: MIT */
/* Addresses and lists of them: what was read is written in a form that is read as the same. */
#include "dns/name_servers.h"
#include "tests/fuzz/fuzz.h"

static void check_numeric(const char16_t *text, size_t length)
{
    char16_t units[NUMERIC_CAPACITY];
    struct text written = TEXT_ON(units);
    struct ip ip, again;
    if (!numeric_parse(text, length, &ip))
        return;
    numeric_append(&written, &ip);
    FUZZ_REQUIRE(!written.truncated && numeric_parse(units, written.length, &again));
    FUZZ_REQUIRE(memcmp(&ip, &again, sizeof(ip)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    uint16_t family = input_byte(&input) & 1 ? FAMILY_IPV4 : FAMILY_IPV6;
    size_t count = input_byte(&input) % (NAME_SERVERS_IN_DNS + 1);
    struct ip addresses[NAME_SERVERS_IN_DNS] = {0};
    char16_t list[NAME_SERVERS_CAPACITY];
    CLEANUP_FREE char16_t *text = input_text(&input);

    check_numeric(text, text_length(text));

    for (size_t i = 0; i < count; i++) {
        addresses[i].family = family;
        for (size_t byte = 0; byte < ip_bits(family) / 8; byte++)
            addresses[i].bytes[byte] = input_byte(&input);
    }
    name_servers_of(addresses, count, list);
    for (const char16_t *rest = list; *rest;) {
        const char16_t *comma = text_find(rest, ',');
        size_t length = comma ? (size_t)(comma - rest) : text_length(rest);
        struct ip ip;
        FUZZ_REQUIRE(numeric_parse(rest, length, &ip) && ip.family == family);
        rest += length + (comma != NULL);
    }
    return 0;
}
