/* SPDX-License-Identifier: MIT */
#include "resource/address.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "resource/interface.h"
#include "resource/kinds.h"

#include <stdio.h>

enum {
    KEY_SIZE = 8 + IP_SIZE,
    STATE_SIZE = 18,
    INFINITE_LIFETIME = 0xffffffff,
    /* NL_PREFIX_ORIGIN and NL_SUFFIX_ORIGIN, whose values agree in these */
    ORIGIN_DHCP = 3,
    ORIGIN_ROUTER_ADVERTISEMENT = 4, /* of a prefix */
    ORIGIN_UNCHANGED = 16            /* what InitializeUnicastIpAddressEntry leaves there */
};
_Static_assert((int)STATE_SIZE <= (int)STATE_SMALL_SIZE, "an address must be a small state");

/* ---- canonical bytes ---- */

static void address_store_key(unsigned char at[KEY_SIZE], const struct address_key *key)
{
    store_u64(at, key->interface_luid);
    ip_store(at + 8, &key->address);
}

static struct address_key address_load_key(struct bytes key)
{
    const unsigned char *at = key.at;
    return (struct address_key){.interface_luid = load_u64(at), .address = ip_load(at + 8)};
}

static void address_store_settings(unsigned char at[STATE_SIZE],
                                   const struct address_settings *settings)
{
    at[0] = settings->prefix_length;
    at[1] = settings->skip_as_source;
    store_u32(at + 2, settings->prefix_origin);
    store_u32(at + 6, settings->suffix_origin);
    store_u32(at + 10, settings->valid_lifetime);
    store_u32(at + 14, settings->preferred_lifetime);
}

static struct address_settings address_load_settings(struct bytes state)
{
    const unsigned char *at = state.at;
    return (struct address_settings){
        .prefix_length = at[0],
        .skip_as_source = at[1],
        .prefix_origin = load_u32(at + 2),
        .suffix_origin = load_u32(at + 6),
        .valid_lifetime = load_u32(at + 10),
        .preferred_lifetime = load_u32(at + 14),
    };
}

/* ---- the kind ---- */

static bool address_is_valid(struct bytes key, struct bytes state)
{
    if (key.size != KEY_SIZE || (state.size && state.size != STATE_SIZE))
        return false;
    const struct ip ip = address_load_key(key).address;
    return ip_is_valid(&ip) &&
           (!state.size ||
            ip_prefix_is_valid(ip.family, address_load_settings(state).prefix_length));
}

static uint32_t address_probe(void *context, struct bytes key, struct state *state)
{
    struct network *network = context;
    const struct address_key address = address_load_key(key);
    struct address_settings settings;
    uint32_t error = network->get_address(network, &address, &settings);
    if (error)
        return absent_if_gone(error, state);
    state->size = STATE_SIZE;
    address_store_settings(state->bytes, &settings);
    return 0;
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

/* The client chose the prefix length. What DHCP or a router gave is not what a client made, nor
 * the other way round; lifetimes run and flags may be set by anyone. */
static bool address_satisfies(struct bytes found, struct bytes wanted)
{
    const struct address_settings have = address_load_settings(found);
    const struct address_settings want = address_load_settings(wanted);
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
    unsigned char key_bytes[KEY_SIZE], state[STATE_SIZE];
    const struct address_settings settings = {
        .prefix_length = prefix_length,
        .prefix_origin = ORIGIN_UNCHANGED,
        .suffix_origin = ORIGIN_UNCHANGED,
        .valid_lifetime = INFINITE_LIFETIME,
        .preferred_lifetime = INFINITE_LIFETIME,
    };
    address_store_key(key_bytes, key);
    address_store_settings(state, &settings);
    return ledger_add(ledger, session, &address_kind, (struct bytes){key_bytes, KEY_SIZE},
                      (struct bytes){state, STATE_SIZE});
}

uint32_t address_delete(struct ledger *ledger, struct ledger_session *session,
                        const struct address_key *key)
{
    unsigned char key_bytes[KEY_SIZE];
    address_store_key(key_bytes, key);
    return ledger_delete(ledger, session, &address_kind, (struct bytes){key_bytes, KEY_SIZE});
}
