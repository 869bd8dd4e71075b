/* SPDX-License-Identifier: MIT */
/* Gateways: what was read is usable, and is written in a form that is read as the same. */
#include "firewall/gateway.h"
#include "tests/fuzz/fuzz.h"

static bool begins_with(const struct ip *ip, uint16_t family, unsigned first, unsigned bits)
{
    return ip->family == family && ip->bytes[0] >> (8 - bits) == first >> (8 - bits);
}

static void check_address(const struct ip *ip)
{
    FUZZ_REQUIRE(ip_is_valid(ip));
    FUZZ_REQUIRE(!begins_with(ip, FAMILY_IPV4, 127, 8) && !begins_with(ip, FAMILY_IPV4, 224, 4));
    FUZZ_REQUIRE(!begins_with(ip, FAMILY_IPV6, 0xFF, 8));
}

static void check_gateway(const struct gateway *gateway)
{
    char16_t units[GATEWAY_UNITS];
    struct text written = TEXT_ON(units);
    struct gateway again;
    const char16_t *reason;
    check_address(&gateway->ip);
    FUZZ_REQUIRE(!gateway->protocol || gateway->port);
    FUZZ_REQUIRE(gateway->protocol == 0 || gateway->protocol == 6 || gateway->protocol == 17);
    gateway_append(&written, gateway);
    FUZZ_REQUIRE(!written.truncated);
    FUZZ_REQUIRE(!gateway_parse(units, written.length, &again, &reason));
    FUZZ_REQUIRE(gateway_equal(gateway, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    CLEANUP_FREE char16_t *text = input_text(&input);
    struct gateway gateway;
    const char16_t *reason = NULL;
    const uint32_t error = gateway_parse(text, text_length(text), &gateway, &reason);
    FUZZ_REQUIRE(!error == !reason);
    if (!error)
        check_gateway(&gateway);
    return 0;
}
