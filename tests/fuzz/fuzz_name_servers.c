/* SPDX-License-Identifier: MIT */
/* Addresses and lists of them: what is read is written in a form that is read the same. */
#include "dns/name_servers.h"
#include "tests/fuzz/fuzz.h"

static void check_numeric(const char16_t *text, size_t length)
{
    char16_t units[NUMERIC_CAPACITY];
    struct text written = TEXT_ON(units);
    struct message_ip ip, again;
    int16_t family, its_family;
    if (!numeric_parse(text, length, &family, &ip))
        return;
    numeric_append(&written, family, &ip);
    FUZZ_REQUIRE(!written.truncated && numeric_parse(units, written.length, &its_family, &again));
    FUZZ_REQUIRE(family == its_family && memcmp(&ip, &again, sizeof(ip)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    int16_t family = input_byte(&input) & 1 ? FAMILY_IPV4 : FAMILY_IPV6;
    uint32_t count = input_byte(&input);
    struct message_ip addresses[NAME_SERVERS_IN_DNS] = {0};
    char16_t list[NAME_SERVERS_CAPACITY];
    CLEANUP_FREE char16_t *text = input_text(&input);

    check_numeric(text, text_length(text));

    if (input.left)
        memcpy(addresses, input.at,
               input.left < sizeof(addresses) ? input.left : sizeof(addresses));
    FUZZ_REQUIRE(name_servers_of(family, count, addresses, list) == 0);
    for (const char16_t *rest = list; *rest;) {
        const char16_t *comma = text_find(rest, ',');
        size_t length = comma ? (size_t)(comma - rest) : text_length(rest);
        struct message_ip ip;
        int16_t its_family;
        FUZZ_REQUIRE(numeric_parse(rest, length, &its_family, &ip) && its_family == family);
        rest += length + (comma != NULL);
    }
    return 0;
}
