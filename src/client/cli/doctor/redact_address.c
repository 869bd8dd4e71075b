/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/redact_address.h"

#include "base/array.h"

#include <string.h>

static int hex_value(char byte)
{
    static const char digits[] = "0123456789abcdef";
    const char lower = byte >= 'A' && byte <= 'F' ? (char)(byte + 'a' - 'A') : byte;
    const char *found = lower ? strchr(digits, lower) : NULL;
    return found ? (int)(found - digits) : -1;
}

static bool is_of_token(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || byte == '_' || (unsigned char)byte >= 0x80;
}

/* A dot or colon behind an address ends it unless it goes on. */
static bool address_ends(const char *at)
{
    return !is_of_token(*at) && !(*at == '.' && at[1] >= '0' && at[1] <= '9');
}

static size_t read_ipv4(const char *text, uint8_t bytes[4])
{
    const char *at = text;
    for (size_t i = 0; i < 4; i++) {
        unsigned value = 0;
        size_t digits = 0;
        for (; *at >= '0' && *at <= '9' && digits < 4; at++, digits++)
            value = value * 10 + (unsigned)(*at - '0');
        if (!digits || digits > 3 || value > 255)
            return 0;
        bytes[i] = (uint8_t)value;
        if (i < 3 && *at++ != '.')
            return 0;
    }
    return address_ends(at) ? (size_t)(at - text) : 0;
}

/* Groups of an IPv6 address, those behind "::" to be moved to the end. */
struct groups {
    uint8_t bytes[16];
    size_t count; /* bytes */
    size_t gap;   /* bytes before "::"; SIZE_MAX: there is none */
};

/* One group, or an IPv4 address at the end. Returns its length. */
static size_t read_group(const char *at, struct groups *groups)
{
    unsigned value = 0;
    size_t digits = 0;
    uint8_t ipv4[4];
    const size_t length = groups->count <= 12 ? read_ipv4(at, ipv4) : 0;
    if (length) {
        memcpy(groups->bytes + groups->count, ipv4, sizeof(ipv4));
        groups->count += sizeof(ipv4);
        return length;
    }
    for (; digits < 4 && hex_value(at[digits]) >= 0; digits++)
        value = value * 16 + (unsigned)hex_value(at[digits]);
    if (!digits || groups->count > 14 || hex_value(at[digits]) >= 0)
        return 0;
    groups->bytes[groups->count++] = (uint8_t)(value >> 8);
    groups->bytes[groups->count++] = (uint8_t)value;
    return digits;
}

static size_t read_groups(const char *text, struct groups *groups)
{
    const char *at = text;
    while (groups->count < 16) {
        if (at[0] == ':' && at[1] == ':' && groups->gap == SIZE_MAX) {
            groups->gap = groups->count;
            at += 2;
            if (hex_value(*at) < 0)
                break;
        } else if (groups->count && (groups->gap != groups->count || at == text)) {
            if (*at != ':' || hex_value(at[1]) < 0)
                break;
            at++;
        }
        const size_t length = read_group(at, groups);
        if (!length)
            return 0;
        at += length;
    }
    return (size_t)(at - text);
}

static size_t read_ipv6(const char *text, uint8_t bytes[16])
{
    struct groups groups = {.gap = SIZE_MAX};
    const size_t length = read_groups(text, &groups);
    const bool is_whole = groups.gap == SIZE_MAX ? groups.count == 16 : groups.count < 16;
    if (length < 2 || !is_whole || !address_ends(text + length) ||
        (text[length] == ':' && is_of_token(text[length + 1])))
        return 0;
    const size_t before = groups.gap == SIZE_MAX ? 16 : groups.gap;
    const size_t behind = groups.count - (before < groups.count ? before : groups.count);
    memset(bytes, 0, 16);
    memcpy(bytes, groups.bytes, before < groups.count ? before : groups.count);
    memcpy(bytes + 16 - behind, groups.bytes + groups.count - behind, behind);
    return length;
}

size_t redact_address_read(const char *text, uint8_t bytes[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const size_t length = read_ipv4(text, bytes + 12);
    if (!length)
        return read_ipv6(text, bytes);
    memcpy(bytes, mapped, sizeof(mapped));
    return length;
}

/* What is not of the Internet. RFC 6890 and its updates; masks begin with 255. */
static const struct {
    uint8_t bits; /* of the IPv6 form */
    uint8_t prefix[16];
} local_addresses[] = {
#define IPV4(bits_of_ipv4, ...)                                                                    \
    {                                                                                              \
        96 + (bits_of_ipv4),                                                                       \
        {                                                                                          \
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, __VA_ARGS__                                  \
        }                                                                                          \
    }
    IPV4(8, 0),         IPV4(8, 10),        IPV4(10, 100, 64),  IPV4(8, 127),
    IPV4(16, 169, 254), IPV4(12, 172, 16),  IPV4(16, 192, 168), IPV4(3, 224),
#undef IPV4
    {127, {0}}, /* ::, ::1 */
    {7, {0xfc}},        {10, {0xfe, 0x80}}, {8, {0xff}},
};

bool redact_address_is_public(const uint8_t bytes[16])
{
    for (size_t i = 0; i < ARRAY_COUNT(local_addresses); i++) {
        const unsigned whole = local_addresses[i].bits / 8, rest = local_addresses[i].bits % 8;
        const uint8_t mask = (uint8_t)(0xff00 >> rest);
        const uint8_t *prefix = local_addresses[i].prefix;
        if (memcmp(bytes, prefix, whole) == 0 &&
            (!rest || !((bytes[whole] ^ prefix[whole]) & mask)))
            return false;
    }
    return true;
}

size_t redact_hardware_read(const char *text)
{
    enum { PAIRS = 6 };
    const char separator = text[0] && text[1] ? text[2] : 0;
    const char *at = text;
    if (separator != ':' && separator != '-')
        return 0;
    for (size_t i = 0; i < PAIRS; i++, at += 2) {
        if (i && *at++ != separator)
            return 0;
        if (hex_value(at[0]) < 0 || hex_value(at[1]) < 0)
            return 0;
    }
    return is_of_token(*at) || (*at == separator && hex_value(at[1]) >= 0) ? 0
                                                                           : (size_t)(at - text);
}
