/* SPDX-License-Identifier: MIT */
#include "base/numeric.h"

#include <string.h>

enum { GROUPS = 8, IPV4_GROUP = 6 /* four decimal numbers may replace the groups from here */ };

/* ---- to text ---- */

static void numeric_append_ipv4(struct text *text, const uint8_t bytes[4])
{
    text_append_format(text, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
}

struct run {
    unsigned start, length;
};

/* The longest run of at least two zero groups, the first one if several have the same length. */
static struct run numeric_longest_zeros(const uint8_t bytes[16])
{
    struct run best = {GROUPS, 1}, run = {0, 0};
    for (unsigned group = 0; group < GROUPS; group++) {
        if (bytes[2 * group] || bytes[2 * group + 1]) {
            run.length = 0;
            continue;
        }
        if (run.length++ == 0)
            run.start = group;
        if (run.length > best.length)
            best = run;
    }
    return best;
}

static void numeric_append_ipv6(struct text *text, const uint8_t bytes[16])
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    if (memcmp(bytes, mapped, sizeof(mapped)) == 0) {
        text_append_ascii(text, "::ffff:");
        numeric_append_ipv4(text, bytes + 12);
        return;
    }
    const struct run zeros = numeric_longest_zeros(bytes);
    for (unsigned group = 0; group < GROUPS;) {
        if (group == zeros.start) {
            text_append_ascii(text, "::");
            group += zeros.length;
            continue;
        }
        const char *colon = group > 0 && group != zeros.start + zeros.length ? ":" : "";
        unsigned value = (unsigned)bytes[2 * group] << 8 | bytes[2 * group + 1];
        text_append_format(text, "%s%x", colon, value);
        group++;
    }
}

void numeric_append(struct text *text, const struct ip *ip)
{
    if (ip->family == FAMILY_IPV4)
        numeric_append_ipv4(text, ip->bytes);
    else if (ip->family == FAMILY_IPV6)
        numeric_append_ipv6(text, ip->bytes);
}

/* ---- from text ---- */

/* Reads 1 to `most` digits at `*at` and advances `*at`. */
static bool numeric_read_number(const char16_t **at, const char16_t *end, unsigned base, int most,
                                unsigned *value)
{
    const char16_t *start = *at;
    *value = 0;
    for (; *at < end && *at - start < most && text_digit_value(**at) < base; ++*at)
        *value = *value * base + text_digit_value(**at);
    return *at > start;
}

static bool numeric_read_unit(const char16_t **at, const char16_t *end, char16_t unit)
{
    if (*at == end || **at != unit)
        return false;
    ++*at;
    return true;
}

/* Reads an IPv4 address that ends at `end`. */
static bool numeric_read_ipv4(const char16_t *at, const char16_t *end, uint8_t bytes[4])
{
    for (unsigned i = 0; i < 4; i++) {
        const char16_t *start = at;
        unsigned value;
        if (!numeric_read_number(&at, end, 10, 3, &value) || value > 255)
            return false;
        if ((*start == '0' && at - start > 1) || (i < 3 && !numeric_read_unit(&at, end, '.')))
            return false;
        bytes[i] = (uint8_t)value;
    }
    return at == end;
}

/* The part of an IPv6 address that has been read. */
struct groups {
    uint8_t bytes[16];
    unsigned count;
    unsigned gap; /* number of groups before "::"; GROUPS + 1: there is no "::" */
};

/* Reads one group, or the four decimal numbers that may replace the last two groups. */
static bool numeric_read_group(const char16_t **at, const char16_t *end, struct groups *groups)
{
    const char16_t *start = *at;
    uint8_t *bytes = groups->bytes + 2 * groups->count;
    unsigned value;
    if (groups->count >= GROUPS || !numeric_read_number(at, end, 16, 4, &value))
        return false;
    if (*at < end && **at == '.') {
        *at = end;
        groups->count += 2;
        return groups->count <= IPV4_GROUP + 2 && numeric_read_ipv4(start, end, bytes);
    }
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
    groups->count++;
    return true;
}

static bool numeric_read_groups(const char16_t *at, const char16_t *end, struct groups *groups)
{
    if (end - at >= 2 && at[0] == ':' && at[1] == ':') {
        at += 2;
        groups->gap = 0;
        if (at == end)
            return true;
    }
    while (numeric_read_group(&at, end, groups)) {
        if (at == end)
            return true;
        if (!numeric_read_unit(&at, end, ':'))
            return false;
        if (!numeric_read_unit(&at, end, ':'))
            continue;
        if (groups->gap <= GROUPS)
            return false;
        groups->gap = groups->count;
        if (at == end)
            return true;
    }
    return false;
}

static bool numeric_read_ipv6(const char16_t *at, const char16_t *end, uint8_t bytes[16])
{
    struct groups groups = {.gap = GROUPS + 1};
    if (!numeric_read_groups(at, end, &groups))
        return false;
    bool has_gap = groups.gap <= GROUPS;
    if (has_gap ? groups.count >= GROUPS : groups.count != GROUPS)
        return false;
    size_t front = has_gap ? 2 * groups.gap : sizeof(groups.bytes);
    size_t back = 2 * groups.count - (has_gap ? front : 2 * groups.count);
    memset(bytes, 0, 16);
    memcpy(bytes, groups.bytes, front);
    memcpy(bytes + 16 - back, groups.bytes + front, back);
    return true;
}

bool numeric_parse(const char16_t *text, size_t length, struct ip *ip)
{
    *ip = (struct ip){.family = FAMILY_IPV4};
    if (numeric_read_ipv4(text, text + length, ip->bytes))
        return true;
    *ip = (struct ip){.family = FAMILY_IPV6};
    return numeric_read_ipv6(text, text + length, ip->bytes);
}
