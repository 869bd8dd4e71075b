/* SPDX-License-Identifier: MIT */
#include "resource/mtu.h"

#include "base/errors.h"
#include "resource/interface.h"
#include "resource/kinds.h"
#include "system/network.h"

struct mtu {
    uint32_t bytes;
};

static const struct field mtu_fields[] = {
    FIELD(struct mtu, bytes, 4),
};
static const struct field_table mtu_table = FIELD_TABLE(mtu_fields);

static bool mtu_is_valid(struct bytes key, struct bytes state)
{
    return fields_are_valid(&interface_family_table, key) &&
           (!state.size || fields_are_valid(&mtu_table, state));
}

static uint32_t mtu_probe(void *context, struct bytes key, struct state *state)
{
    struct network *network = context;
    const struct interface_family parts = interface_family_load(key);
    struct mtu mtu;
    uint32_t error = network->get_mtu(network, parts.luid, parts.family, &mtu.bytes);
    if (error)
        return absent_if_gone(error, state);
    return fields_store_state(&mtu_table, &mtu, state);
}

/* It exists as long as its interface does, and can be neither created nor deleted. */
static uint32_t mtu_change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct network *network = context;
    const struct interface_family parts = interface_family_load(key);
    if (!from.size || !to.size)
        return ERROR_NOT_FOUND;
    struct mtu wanted, before, now;
    fields_load(&mtu_table, to, &wanted);
    fields_load(&mtu_table, from, &before);
    uint32_t error = network->set_mtu(network, parts.luid, parts.family, wanted.bytes);
    if (error || network->get_mtu(network, parts.luid, parts.family, &now.bytes) ||
        now.bytes == wanted.bytes)
        return error;
    /* Windows has made another one of it, which the undo would take for another program's. */
    error = network->set_mtu(network, parts.luid, parts.family, before.bytes);
    return error ? error : ERROR_INVALID_PARAMETER;
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
    const struct interface_family parts = {interface_luid, family};
    const struct mtu desired = {mtu};
    unsigned char key[FIELDS_SIZE], state[FIELDS_SIZE];
    return ledger_set(ledger, session, &mtu_kind,
                      fields_store(&interface_family_table, &parts, key),
                      fields_store(&mtu_table, &desired, state));
}
