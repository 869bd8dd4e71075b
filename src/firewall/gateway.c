/* SPDX-License-Identifier: MIT */
#include "firewall/gateway.h"

#include "base/errors.h"
#include "base/numeric.h"
#include "firewall/filter.h"

#include <string.h>

enum refusal { NOT_REFUSED, MALFORMED, NAME, PREFIX, UNSPECIFIED, LOOPBACK, MULTICAST, BROADCAST };

static const struct {
    uint32_t code;
    const char16_t *reason;
} refusals[] = {
    [NOT_REFUSED] = {0, NULL},
    [MALFORMED] =
        {ERROR_INVALID_PARAMETER,
         u"A gateway is ADDRESS, IPV4:PORT or [IPV6]:PORT, with /udp or /tcp behind PORT"},
    [NAME] = {ERROR_INVALID_NETNAME, u"A gateway is an address; a name must be resolved before"},
    [PREFIX] = {ERROR_NOT_SUPPORTED, u"A gateway is one address, not a network"},
    [UNSPECIFIED] = {WSAEADDRNOTAVAIL, u"No gateway has the unspecified address"},
    [LOOPBACK] = {WSAEADDRNOTAVAIL, u"No gateway has a loopback address"},
    [MULTICAST] = {WSAEADDRNOTAVAIL, u"No gateway has a multicast address"},
    [BROADCAST] = {WSAEADDRNOTAVAIL, u"No gateway has the broadcast address"},
};

/* ---- addresses ---- */

static const struct ip_range mapped = {{FAMILY_IPV6, {[10] = 0xFF, [11] = 0xFF}}, 96};

static const struct {
    struct ip_range range;
    enum refusal refusal;
} unusable[] = {
    {{{FAMILY_IPV4, {0}}, 32}, UNSPECIFIED},
    {{{FAMILY_IPV6, {0}}, 128}, UNSPECIFIED},
    {{{FAMILY_IPV4, {127}}, 8}, LOOPBACK},
    {{{FAMILY_IPV6, {[15] = 1}}, 128}, LOOPBACK},
    {{{FAMILY_IPV4, {224}}, 4}, MULTICAST},
    {{{FAMILY_IPV6, {0xFF}}, 8}, MULTICAST},
    {{{FAMILY_IPV4, {255, 255, 255, 255}}, 32}, BROADCAST},
};

static void gateway_fold_mapped(struct ip *ip)
{
    if (!ip_is_within(ip, &mapped.ip, mapped.length))
        return;
    struct ip ipv4 = {.family = FAMILY_IPV4};
    memcpy(ipv4.bytes, ip->bytes + 12, 4);
    *ip = ipv4;
}

static enum refusal gateway_check_address(const struct ip *ip)
{
    for (size_t i = 0; i < ARRAY_COUNT(unusable); i++)
        if (ip_is_within(ip, &unusable[i].range.ip, unusable[i].range.length))
            return unusable[i].refusal;
    return NOT_REFUSED;
}

/* ---- from text ---- */

/* A piece of the text. */
struct units {
    const char16_t *at, *end;
};

static const char16_t *units_find(struct units units, char16_t unit)
{
    while (units.at < units.end && *units.at != unit)
        units.at++;
    return units.at;
}

static bool units_are(struct units units, const char16_t *text)
{
    const size_t length = text_length(text);
    return (size_t)(units.end - units.at) == length &&
           memcmp(units.at, text, length * sizeof(*text)) == 0;
}

static bool units_are_digits(struct units units)
{
    bool are = units.at < units.end;
    for (; units.at < units.end; units.at++)
        are &= *units.at >= '0' && *units.at <= '9';
    return are;
}

static bool units_are_address(struct units units, struct ip *ip)
{
    return numeric_parse(units.at, (size_t)(units.end - units.at), ip);
}

static bool gateway_read_port(struct units units, uint16_t *port)
{
    uint32_t number = 0;
    if (!units_are_digits(units) || *units.at == '0' || units.end - units.at > 5)
        return false;
    for (; units.at < units.end; units.at++)
        number = number * 10 + (uint32_t)(*units.at - '0');
    *port = (uint16_t)number;
    return number <= UINT16_MAX;
}

static bool gateway_read_endpoint(struct units units, struct gateway *gateway)
{
    const char16_t *slash = units_find(units, '/');
    const struct units port = {units.at, slash}, protocol = {slash, units.end};
    if (units_are(protocol, u"/udp"))
        gateway->protocol = PROTOCOL_UDP;
    else if (units_are(protocol, u"/tcp"))
        gateway->protocol = PROTOCOL_TCP;
    else if (slash < units.end)
        return false;
    return gateway_read_port(port, &gateway->port);
}

/* An address in brackets or, before a port without them, one of IPv4. */
static bool gateway_read(struct units units, struct gateway *gateway)
{
    const bool has_brackets = units.at < units.end && *units.at == '[';
    if (units_are_address(units, &gateway->ip))
        return true;
    const char16_t *end = units_find(units, has_brackets ? ']' : ':');
    const struct units address = {units.at + has_brackets, end};
    const struct units endpoint = {end + has_brackets + 1, units.end};
    return endpoint.at < units.end && endpoint.at[-1] == ':' &&
           units_are_address(address, &gateway->ip) &&
           gateway->ip.family == (has_brackets ? FAMILY_IPV6 : FAMILY_IPV4) &&
           gateway_read_endpoint(endpoint, gateway);
}

/* What has a letter, and of what is special in an address not more than a port has. */
static bool units_look_like_name(struct units units)
{
    const char16_t *colon = units_find(units, ':');
    const struct units name = {units.at, colon};
    bool has_letter = false;
    if (colon < units.end && units_find((struct units){colon + 1, units.end}, ':') < units.end)
        return false;
    for (const char16_t *at = name.at; at < name.end && *at != '/'; at++) {
        const char16_t lower = *at | 0x20;
        const bool is_letter = (lower >= 'a' && lower <= 'z') || *at >= 0x80;
        has_letter |= is_letter;
        if (!is_letter && !(*at >= '0' && *at <= '9') && *at != '-' && *at != '.' && *at != '_')
            return false;
    }
    return has_letter;
}

/* Why the text does not follow the grammar. */
static enum refusal gateway_judge(struct units units)
{
    const char16_t *slash = units_find(units, '/');
    const struct units before = {units.at, slash};
    struct ip ip;
    if (slash < units.end && units_are_digits((struct units){slash + 1, units.end}) &&
        units_are_address(before, &ip))
        return PREFIX;
    return units_look_like_name(units) ? NAME : MALFORMED;
}

uint32_t gateway_parse(const char16_t *text, size_t length, struct gateway *gateway,
                       const char16_t **reason)
{
    const struct units units = {text, text + length};
    enum refusal refusal;
    *gateway = (struct gateway){0};
    if (gateway_read(units, gateway)) {
        gateway_fold_mapped(&gateway->ip);
        refusal = gateway_check_address(&gateway->ip);
    } else {
        refusal = gateway_judge(units);
    }
    *reason = refusals[refusal].reason;
    return refusals[refusal].code;
}

/* ---- to text ---- */

void gateway_append(struct text *text, const struct gateway *gateway)
{
    const bool has_brackets = gateway->port && gateway->ip.family == FAMILY_IPV6;
    text_append_ascii(text, has_brackets ? "[" : "");
    numeric_append(text, &gateway->ip);
    text_append_ascii(text, has_brackets ? "]" : "");
    if (gateway->port)
        text_append_format(text, ":%u", gateway->port);
    if (gateway->protocol)
        text_append_ascii(text, gateway->protocol == PROTOCOL_UDP ? "/udp" : "/tcp");
}

/* ---- lists ---- */

bool gateway_equal(const struct gateway *a, const struct gateway *b)
{
    return memcmp(&a->ip, &b->ip, sizeof(a->ip)) == 0 && a->port == b->port &&
           a->protocol == b->protocol;
}

uint32_t gateways_add(struct gateways *gateways, const struct gateway *gateway)
{
    for (size_t i = 0; i < gateways->count; i++)
        if (gateway_equal(&gateways->items[i], gateway))
            return 0;
    if (gateways->count == GATEWAYS_MAX)
        return ERROR_NOT_ENOUGH_QUOTA;
    gateways->items[gateways->count++] = *gateway;
    return 0;
}
