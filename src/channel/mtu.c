/* SPDX-License-Identifier: MIT */
/* set_mtu: the largest packet that an interface sends in a family. */
#include "channel/handlers.h"

#include "base/bytes.h"
#include "base/errors.h"

enum { STATE_SIZE = 4 };

static bool is_valid(struct bytes key, struct bytes state)
{
    return interface_family_is_valid(key) && (!state.size || state.size == STATE_SIZE);
}

static uint32_t probe(void *context, struct bytes key, struct state *state)
{
    struct network *network = context;
    const struct interface_family parts = interface_family_load(key);
    uint32_t mtu, error = network->get_mtu(network, parts.luid, parts.family, &mtu);
    if (error)
        return absent_if_gone(error, state);
    state->size = STATE_SIZE;
    store_u32(state->bytes, mtu);
    return 0;
}

/* It comes and goes with its interface, not by our doing. */
static uint32_t change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct network *network = context;
    const struct interface_family parts = interface_family_load(key);
    if (!from.size || !to.size)
        return ERROR_NOT_FOUND;
    return network->set_mtu(network, parts.luid, parts.family, load_u32(to.at));
}

static void describe(struct bytes key, char *text, size_t size)
{
    interface_family_describe("MTU", key, text, size);
}

const struct kind mtu_kind = {
    .name = "mtu",
    .number = KIND_MTU,
    .lifetime = LIFETIME_DISK,
    .is_valid = is_valid,
    .identify = identify_interface,
    .is_away = interface_is_away,
    .probe = probe,
    .change = change,
    .satisfies = bytes_equal,
    .describe = describe,
};

uint32_t mtu_set(struct channel *channel, const struct message *message)
{
    const struct message_mtu *mtu = &message->mtu;
    struct interface_family parts = {.family = (uint16_t)mtu->family};
    unsigned char key[INTERFACE_FAMILY_SIZE], state[STATE_SIZE];
    uint32_t error = check_prefix(mtu->family, 0);
    if (!error)
        error = interface_luid(channel->network, &mtu->interface, &parts.luid);
    if (error)
        return error;
    interface_family_store(key, &parts);
    store_u32(state, mtu->mtu);
    return ledger_set(channel->ledger, &channel->changes, &mtu_kind,
                      (struct bytes){key, sizeof(key)}, (struct bytes){state, sizeof(state)});
}
