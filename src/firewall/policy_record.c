/* SPDX-License-Identifier: MIT */
#include "firewall/policy_record.h"

#include "base/array.h"
#include "base/bytes.h"
#include "firewall/filter.h"

#include <string.h>

enum { ALLOW_LAN = 1 };

/* Where the fields of the record, and of each gateway, lie. */
enum { AT_FLAGS = 4, AT_OWNER_SIZE = 5, AT_GATEWAY_COUNT = 6, AT_SINCE = 7, AT_OWNER = 15 };
enum { AT_FAMILY = 0, AT_ADDRESS = 2, AT_PORT = 18, AT_PROTOCOL = 20, GATEWAY_SIZE = 21 };

static const unsigned char magic[] = {'G', 'K', 'S', 1};

static void record_store_gateway(const struct gateway *gateway, unsigned char *at)
{
    store_u16(at + AT_FAMILY, gateway->ip.family);
    memcpy(at + AT_ADDRESS, gateway->ip.bytes, sizeof(gateway->ip.bytes));
    store_u16(at + AT_PORT, gateway->port);
    at[AT_PROTOCOL] = gateway->protocol;
}

size_t policy_record_encode(const struct policy_record *record,
                            unsigned char bytes[POLICY_RECORD_SIZE])
{
    unsigned char *at = bytes + AT_OWNER + record->owner_size;
    memcpy(bytes, magic, sizeof(magic));
    bytes[AT_FLAGS] = record->allow_lan ? ALLOW_LAN : 0;
    bytes[AT_OWNER_SIZE] = (unsigned char)record->owner_size;
    bytes[AT_GATEWAY_COUNT] = (unsigned char)record->gateways.count;
    store_u64(bytes + AT_SINCE, record->since);
    memcpy(bytes + AT_OWNER, record->owner, record->owner_size);
    for (size_t i = 0; i < record->gateways.count; i++, at += GATEWAY_SIZE)
        record_store_gateway(&record->gateways.items[i], at);
    return (size_t)(at - bytes);
}

static bool record_load_gateway(const unsigned char *at, struct gateway *gateway)
{
    gateway->ip.family = load_u16(at + AT_FAMILY);
    memcpy(gateway->ip.bytes, at + AT_ADDRESS, sizeof(gateway->ip.bytes));
    gateway->port = load_u16(at + AT_PORT);
    gateway->protocol = at[AT_PROTOCOL];
    const bool has_protocol =
        gateway->protocol == PROTOCOL_TCP || gateway->protocol == PROTOCOL_UDP;
    return ip_is_valid(&gateway->ip) && (!gateway->protocol || (has_protocol && gateway->port));
}

static bool record_load(const unsigned char *bytes, size_t size, struct policy_record *record)
{
    if (size < AT_OWNER || memcmp(bytes, magic, sizeof(magic)) != 0)
        return false;
    const size_t owner_size = bytes[AT_OWNER_SIZE], gateways = bytes[AT_GATEWAY_COUNT];
    if (bytes[AT_FLAGS] & ~ALLOW_LAN || owner_size > POLICY_OWNER_SIZE || gateways > GATEWAYS_MAX ||
        size != AT_OWNER + owner_size + gateways * GATEWAY_SIZE)
        return false;
    record->allow_lan = bytes[AT_FLAGS] & ALLOW_LAN;
    record->since = load_u64(bytes + AT_SINCE);
    record->owner_size = owner_size;
    memcpy(record->owner, bytes + AT_OWNER, owner_size);
    for (size_t i = 0; i < gateways; i++)
        if (!record_load_gateway(bytes + AT_OWNER + owner_size + i * GATEWAY_SIZE,
                                 &record->gateways.items[i]))
            return false;
    record->gateways.count = gateways;
    return true;
}

bool policy_record_decode(const void *bytes, size_t size, struct policy_record *record)
{
    *record = (struct policy_record){0};
    if (record_load(bytes, size, record))
        return true;
    *record = (struct policy_record){0};
    return false;
}
