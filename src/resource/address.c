/* SPDX-License-Identifier: MIT */
#include "resource/address.h"

#include "resource/fields.h"
#include "resource/interface.h"
#include "resource/kinds.h"

#include <stdio.h>

enum {
    INFINITE_LIFETIME = 0xffffffff,
    /* NL_PREFIX_ORIGIN and NL_SUFFIX_ORIGIN, whose values agree in these */
    ORIGIN_DHCP = 3,
    ORIGIN_ROUTER_ADVERTISEMENT = 4, /* of a prefix */
    ORIGIN_UNCHANGED = 16            /* what InitializeUnicastIpAddressEntry leaves there */
};

static const struct field address_key_fields[] = {
    FIELD(struct address_key, interface_luid, 8),
    FIELD_OF_IP(struct address_key, address),
};
static const struct field_table address_key_table = FIELD_TABLE(address_key_fields);

static const struct field address_settings_fields[] = {
    FIELD(struct address_settings, prefix_length, 1),
    FIELD(struct address_settings, skip_as_source, 1),
    FIELD(struct address_settings, prefix_origin, 4),
    FIELD(struct address_settings, suffix_origin, 4),
    FIELD(struct address_settings, valid_lifetime, 4),
    FIELD(struct address_settings, preferred_lifetime, 4),
};
static const struct field_table address_settings_table = FIELD_TABLE(address_settings_fields);

static struct address_key address_load_key(struct bytes key)
{
    struct address_key address = {0};
    fields_load(&address_key_table, key, &address);
    return address;
}

static struct address_settings address_load_settings(struct bytes state)
{
    struct address_settings settings = {0};
    fields_load(&address_settings_table, state, &settings);
    return settings;
}

/* ---- the kind ---- */

static bool address_is_valid(struct bytes key, struct bytes state)
{
    if (!fields_are_valid(&address_key_table, key))
        return false;
    if (!state.size)
        return true;
    return fields_are_valid(&address_settings_table, state) &&
           ip_prefix_is_valid(address_load_key(key).address.family,
                              address_load_settings(state).prefix_length);
}

static uint32_t address_probe(void *context, struct bytes key, struct state *state)
{
    struct network *network = context;
    const struct address_key address = address_load_key(key);
    struct address_settings settings;
    uint32_t error = network->get_address(network, &address, &settings);
    if (error)
        return absent_if_gone(error, state);
    return fields_store_state(&address_settings_table, &settings, state);
}

static uint32_t address_change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct network *network = context;
    const struct address_key address = address_load_key(key);
    if (!to.size)
        return network->delete_address(network, &address);
    const struct address_settings settings = address_load_settings(to);
    return from.size ? network->set_address(network, &address, &settings)
                     : network->create_address(network, &address, &settings);
}

static bool address_is_automatic(const struct address_settings *settings)
{
    return settings->prefix_origin == ORIGIN_DHCP ||
           settings->prefix_origin == ORIGIN_ROUTER_ADVERTISEMENT;
}

/* Compares what a client decides: the prefix length, and that the address is not from DHCP or a
 * router. Lifetimes count down, and other programs may set flags. */
static bool address_satisfies(struct bytes found, struct bytes desired)
{
    const struct address_settings have = address_load_settings(found);
    const struct address_settings want = address_load_settings(desired);
    return have.prefix_length == want.prefix_length &&
           address_is_automatic(&have) == address_is_automatic(&want);
}

static void address_describe(struct bytes key, char *text, size_t size)
{
    const struct address_key address = address_load_key(key);
    char ip[IP_LINE_SIZE];
    ip_to_line(&address.address, ip);
    snprintf(text, size, "address %s on interface %016llx", ip,
             (unsigned long long)address.interface_luid);
}

const struct kind address_kind = {
    .name = "address",
    .number = KIND_ADDRESS,
    .lifetime = LIFETIME_BOOT,
    .is_valid = address_is_valid,
    .identify = interface_identify,
    .probe = address_probe,
    .change = address_change,
    .satisfies = address_satisfies,
    .describe = address_describe,
};

uint32_t address_add(struct ledger *ledger, struct ledger_session *session,
                     const struct address_key *key, uint8_t prefix_length)
{
    unsigned char key_bytes[FIELDS_SIZE], state[FIELDS_SIZE];
    const struct address_settings settings = {
        .prefix_length = prefix_length,
        .prefix_origin = ORIGIN_UNCHANGED,
        .suffix_origin = ORIGIN_UNCHANGED,
        .valid_lifetime = INFINITE_LIFETIME,
        .preferred_lifetime = INFINITE_LIFETIME,
    };
    return ledger_add(ledger, session, &address_kind,
                      fields_store(&address_key_table, key, key_bytes),
                      fields_store(&address_settings_table, &settings, state));
}

uint32_t address_delete(struct ledger *ledger, struct ledger_session *session,
                        const struct address_key *key)
{
    unsigned char key_bytes[FIELDS_SIZE];
    return ledger_delete(ledger, session, &address_kind,
                         fields_store(&address_key_table, key, key_bytes));
}

bool address_is_known(struct ledger *ledger, const struct address_key *key)
{
    unsigned char key_bytes[FIELDS_SIZE];
    return ledger_knows(ledger, &address_kind, fields_store(&address_key_table, key, key_bytes));
}
