/* SPDX-License-Identifier: MIT */
#include "channel/handlers.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "channel/records.h"
#include "system/programs.h"

#include <stdio.h>
#include <string.h>

uint32_t interface_luid(struct network *network, const struct message_interface *interface,
                        uint64_t *luid)
{
    bool is_by_name = interface->index == (uint32_t)INTERFACE_BY_NAME;
    if (is_by_name ? !interface->name[0] : !interface->index)
        return ERROR_INVALID_PARAMETER;
    return network->find_interface(network, interface->index, interface->name, luid);
}

static unsigned family_bits(int16_t family)
{
    return family == FAMILY_IPV4 ? 32 : family == FAMILY_IPV6 ? 128 : 0;
}

uint32_t check_prefix(int16_t family, int32_t prefix_length)
{
    unsigned bits = family_bits(family);
    return bits && (uint8_t)prefix_length <= bits ? 0 : ERROR_INVALID_PARAMETER;
}

struct ip ip_of(int16_t family, const struct message_ip *address)
{
    struct ip ip = {.family = (uint16_t)family};
    memcpy(ip.bytes, address->bytes, family_bits(family) / 8);
    return ip;
}

void ip_store(unsigned char at[IP_SIZE], const struct ip *ip)
{
    store_u16(at, ip->family);
    memcpy(at + 2, ip->bytes, sizeof(ip->bytes));
}

struct ip ip_load(const unsigned char at[IP_SIZE])
{
    struct ip ip = {.family = load_u16(at)};
    memcpy(ip.bytes, at + 2, sizeof(ip.bytes));
    return ip;
}

bool ip_is_valid(const unsigned char at[IP_SIZE])
{
    const unsigned bytes = family_bits((int16_t)load_u16(at)) / 8;
    for (unsigned i = bytes; i < IP_SIZE - 2; i++)
        if (at[2 + i])
            return false;
    return bytes;
}

/* Of an upper-case digit; 16 for what is none. */
static unsigned hex_value(char16_t unit)
{
    if (unit >= '0' && unit <= '9')
        return unit - (unsigned)'0';
    return unit >= 'A' && unit <= 'F' ? unit - (unsigned)'A' + 10 : 16;
}

uint32_t identify_interface(void *context, struct bytes key, unsigned char at[KIND_IDENTITY_SIZE],
                            size_t *size)
{
    struct network *network = context;
    char16_t guid[GUID_UNITS];
    uint32_t error = network->get_guid(network, load_u64(key.at), guid);
    if (error)
        return error;
    size_t digits = 0;
    memset(at, 0, KIND_IDENTITY_SIZE);
    for (const char16_t *unit = guid; *unit && digits < 2 * KIND_IDENTITY_SIZE; unit++) {
        unsigned value = hex_value(*unit);
        if (value < 16) {
            at[digits / 2] = (unsigned char)(at[digits / 2] * 16u + value);
            digits++;
        }
    }
    *size = KIND_IDENTITY_SIZE;
    return 0;
}

static bool has_ip(struct network *network, uint64_t luid)
{
    struct interface_metric ignored;
    return !network->get_metric(network, luid, FAMILY_IPV4, &ignored) ||
           !network->get_metric(network, luid, FAMILY_IPV6, &ignored);
}

bool interface_is_away(void *context, struct bytes key, struct bytes identity)
{
    struct network *network = context;
    const unsigned char *at = identity.at;
    char16_t path[PATH_UNITS];
    struct text text = TEXT_ON(path);
    uint32_t keys, values;
    if (identity.size != KIND_IDENTITY_SIZE || has_ip(network, load_u64(key.at)))
        return false;
    text_append(&text, CONNECTIONS_KEY u"\\{");
    for (size_t i = 0; i < KIND_IDENTITY_SIZE; i++)
        text_append_format(&text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02X" : "%02X", at[i]);
    text_append(&text, u"}\\" CONNECTION);
    uint32_t error = network->registry->count(network->registry, path, &keys, &values);
    return error != ERROR_FILE_NOT_FOUND && error != ERROR_PATH_NOT_FOUND;
}

uint32_t run_netsh(struct network *network, const struct text *arguments, uint32_t milliseconds)
{
    struct programs *programs = network->programs;
    return arguments->truncated
               ? ERROR_INVALID_PARAMETER
               : programs->run(programs, PROGRAM_NETSH, arguments->units, milliseconds);
}

uint32_t absent_if_gone(uint32_t error, struct state *state)
{
    if (error != ERROR_NOT_FOUND && error != ERROR_FILE_NOT_FOUND)
        return error;
    state_drop(state);
    return 0;
}

void interface_family_store(unsigned char at[INTERFACE_FAMILY_SIZE],
                            const struct interface_family *key)
{
    store_u64(at, key->luid);
    store_u16(at + 8, key->family);
}

struct interface_family interface_family_load(struct bytes key)
{
    const unsigned char *at = key.at;
    return (struct interface_family){.luid = load_u64(at), .family = load_u16(at + 8)};
}

bool interface_family_is_valid(struct bytes key)
{
    return key.size == INTERFACE_FAMILY_SIZE &&
           family_bits((int16_t)interface_family_load(key).family);
}

void interface_family_describe(const char *what, struct bytes key, char *text, size_t size)
{
    const struct interface_family parts = interface_family_load(key);
    snprintf(text, size, "%s of IPv%c on interface %016llx", what,
             parts.family == FAMILY_IPV4 ? '4' : '6', (unsigned long long)parts.luid);
}

void ip_text(const struct ip *ip, char text[IP_TEXT_SIZE])
{
    const uint8_t *b = ip->bytes;
    if (ip->family == FAMILY_IPV4) {
        snprintf(text, IP_TEXT_SIZE, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
        return;
    }
    for (unsigned group = 0; group < 8; group++)
        snprintf(text + 5 * group, 6, "%02x%02x%s", b[2 * group], b[2 * group + 1],
                 group < 7 ? ":" : "");
}
