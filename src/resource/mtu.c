/* SPDX-License-Identifier: MIT */
#include "resource/mtu.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "resource/interface.h"
#include "resource/kinds.h"
#include "system/network.h"

enum { STATE_SIZE = 4 };

static bool mtu_is_valid(struct bytes key, struct bytes state)
{
    return interface_family_is_valid(key) && (!state.size || state.size == STATE_SIZE);
}

static uint32_t mtu_probe(void *context, struct bytes key, struct state *state)
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
static uint32_t mtu_change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct network *network = context;
    const struct interface_family parts = interface_family_load(key);
    if (!from.size || !to.size)
        return ERROR_NOT_FOUND;
    return network->set_mtu(network, parts.luid, parts.family, load_u32(to.at));
}

static void mtu_describe(struct bytes key, char *text, size_t size)
{
    interface_family_describe("MTU", key, text, size);
}

const struct kind mtu_kind = {
    .name = "mtu",
    .number = KIND_MTU,
    .lifetime = LIFETIME_DISK,
    .is_valid = mtu_is_valid,
    .identify = interface_identify,
    .is_away = interface_is_away,
    .probe = mtu_probe,
    .change = mtu_change,
    .satisfies = bytes_equal,
    .describe = mtu_describe,
};

uint32_t mtu_set(struct ledger *ledger, struct ledger_session *session, uint64_t interface_luid,
                 uint16_t family, uint32_t mtu)
{
    unsigned char key[INTERFACE_FAMILY_SIZE], state[STATE_SIZE];
    interface_family_store(key, &(struct interface_family){interface_luid, family});
    store_u32(state, mtu);
    return ledger_set(ledger, session, &mtu_kind, (struct bytes){key, sizeof(key)},
                      (struct bytes){state, sizeof(state)});
}
