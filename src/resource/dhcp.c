/* SPDX-License-Identifier: MIT */
/* By netsh: Windows documents no call for it but the WMI class Win32_NetworkAdapterConfiguration,
 * which needs more of the system than netsh does. */
#include "resource/dhcp.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "base/numeric.h"
#include "dns/multi_string.h"
#include "resource/interface.h"
#include "resource/kinds.h"
#include "resource/netsh.h"
#include "resource/tcpip_registry.h"
#include "system/programs.h"

#include <stdio.h>
#include <string.h>

enum { KEY_SIZE = 8, NETSH_MILLISECONDS = 5000, DHCP = 1, FIXED = 0 };

/* A state's bytes: DHCP alone; or FIXED and these lists, each as its count of units (2 bytes) and
 * the units. */
enum { ADDRESSES, MASKS, GATEWAYS, METRICS, LISTS };
static const char16_t *const dhcp_list_names[LISTS] = {
    u"IPAddress",
    u"SubnetMask",
    u"DefaultGateway",
    u"DefaultGatewayMetric",
};

enum { LIST_UNITS = 512 }; /* longer ones are cut: an interface has a few addresses */

struct configuration {
    bool is_dhcp;
    size_t counts[LISTS];
    char16_t lists[LISTS][LIST_UNITS];
};

/* ---- the registry ---- */

static uint32_t dhcp_read_list(struct registry *registry, const char16_t *path, unsigned list,
                               struct configuration *to)
{
    struct registry_data data = {0};
    uint32_t error = registry->get_value(registry, path, dhcp_list_names[list], &data);
    if (error)
        return error == ERROR_FILE_NOT_FOUND ? 0 : error;
    size_t units = data.size / sizeof(char16_t);
    if (data.type == REGISTRY_LIST) {
        to->counts[list] = units < LIST_UNITS ? units : LIST_UNITS;
        memcpy(to->lists[list], data.bytes, to->counts[list] * sizeof(char16_t));
    }
    free(data.bytes);
    return 0;
}

static uint32_t dhcp_read_configuration(struct registry *registry, const char16_t *path,
                                        struct configuration *configuration)
{
    uint32_t is_dhcp, error = registry_read_number(registry, path, u"EnableDHCP", &is_dhcp);
    *configuration = (struct configuration){0};
    if (error)
        return error;
    configuration->is_dhcp = is_dhcp;
    for (unsigned list = 0; !error && !is_dhcp && list < LISTS; list++)
        error = dhcp_read_list(registry, path, list, configuration);
    return error;
}

static uint32_t dhcp_pack(const struct configuration *configuration, struct state *state)
{
    size_t size = 1;
    for (unsigned list = 0; !configuration->is_dhcp && list < LISTS; list++)
        size += 2 + configuration->counts[list] * sizeof(char16_t);
    unsigned char *at = state_make(state, size);
    if (!at)
        return ERROR_NOT_ENOUGH_MEMORY;
    *at++ = configuration->is_dhcp ? DHCP : FIXED;
    for (unsigned list = 0; !configuration->is_dhcp && list < LISTS; list++) {
        size_t bytes = configuration->counts[list] * sizeof(char16_t);
        store_u16(at, (uint16_t)configuration->counts[list]);
        memcpy(at + 2, configuration->lists[list], bytes);
        at += 2 + bytes;
    }
    return 0;
}

static struct configuration dhcp_unpack(struct bytes state)
{
    const unsigned char *at = state.at;
    struct configuration configuration = {.is_dhcp = *at++ == DHCP};
    for (unsigned list = 0; !configuration.is_dhcp && list < LISTS; list++) {
        size_t bytes = load_u16(at) * sizeof(char16_t);
        configuration.counts[list] = load_u16(at);
        memcpy(configuration.lists[list], at + 2, bytes);
        at += 2 + bytes;
    }
    return configuration;
}

static bool dhcp_state_is_valid(struct bytes state)
{
    const unsigned char *bytes = state.at;
    size_t at = 1;
    if (bytes[0] != FIXED)
        return bytes[0] == DHCP && state.size == 1;
    for (unsigned list = 0; list < LISTS; list++) {
        if (state.size - at < 2)
            return false;
        size_t units = load_u16(bytes + at);
        at += 2;
        if (units > LIST_UNITS || units * sizeof(char16_t) > state.size - at)
            return false;
        at += units * sizeof(char16_t);
    }
    return at == state.size;
}

/* ---- netsh ---- */

static struct text dhcp_begin_arguments(char16_t arguments[PROGRAM_ARGUMENTS], const char *verb,
                                        uint32_t index)
{
    struct text text = text_on(arguments, PROGRAM_ARGUMENTS);
    text_append_format(&text, "interface ipv4 %s address name=\"%lu\"", verb, (unsigned long)index);
    return text;
}

static uint32_t dhcp_configure_automatic(struct network *network, uint32_t index)
{
    char16_t arguments[PROGRAM_ARGUMENTS];
    struct text text = dhcp_begin_arguments(arguments, "set", index);
    text_append_ascii(&text, " source=dhcp");
    return netsh_run(network, &text, NETSH_MILLISECONDS);
}

/* Appends ` <word>=<address>`. False at the end of the list, or where it holds no address. */
static bool dhcp_append_address(struct text *text, const char *word,
                                const struct configuration *configuration, unsigned list,
                                size_t *at)
{
    struct ip ip;
    size_t length;
    const char16_t *address =
        multi_string_next(configuration->lists[list], configuration->counts[list], at, &length);
    if (!address || !numeric_parse(address, length, &ip) || ip.family != FAMILY_IPV4)
        return false;
    text_append_format(text, " %s=", word);
    text_append_units(text, address, length);
    return true;
}

static void dhcp_append_metric(struct text *text, const struct configuration *configuration,
                               size_t *at)
{
    size_t length;
    const char16_t *metric = multi_string_next(configuration->lists[METRICS],
                                               configuration->counts[METRICS], at, &length);
    bool is_number = metric && length < 6;
    for (size_t i = 0; is_number && i < length; i++)
        is_number = metric[i] >= '0' && metric[i] <= '9';
    text_append_ascii(text, " gwmetric=");
    if (is_number)
        text_append_units(text, metric, length);
    else
        text_append_ascii(text, "0"); /* automatic */
}

/* netsh takes the first gateway together with the first address. */
static uint32_t dhcp_configure_fixed(struct network *network, uint32_t index,
                                     const struct configuration *configuration)
{
    char16_t arguments[PROGRAM_ARGUMENTS];
    size_t at[LISTS] = {0};
    uint32_t error = 0;
    bool is_first = true;
    for (;; is_first = false) {
        struct text text = dhcp_begin_arguments(arguments, is_first ? "set" : "add", index);
        if (is_first)
            text_append_ascii(&text, " source=static");
        if (!dhcp_append_address(&text, "address", configuration, ADDRESSES, &at[ADDRESSES]) ||
            !dhcp_append_address(&text, "mask", configuration, MASKS, &at[MASKS]))
            break;
        if (is_first &&
            dhcp_append_address(&text, "gateway", configuration, GATEWAYS, &at[GATEWAYS]))
            dhcp_append_metric(&text, configuration, &at[METRICS]);
        error = netsh_run(network, &text, NETSH_MILLISECONDS);
        if (error)
            return error;
    }
    for (;;) {
        struct text text = dhcp_begin_arguments(arguments, "add", index);
        if (is_first ||
            !dhcp_append_address(&text, "gateway", configuration, GATEWAYS, &at[GATEWAYS]))
            return 0;
        dhcp_append_metric(&text, configuration, &at[METRICS]);
        error = netsh_run(network, &text, NETSH_MILLISECONDS);
        if (error)
            return error;
    }
}

/* For an interface without DHCP and without addresses in the registry, as openvpn.exe sets one up
 * itself, there is nothing that netsh could set. Windows reads the values when the interface comes
 * up again. */
static uint32_t dhcp_write_values(struct registry *registry, const char16_t *path,
                                  const struct configuration *configuration)
{
    static const uint32_t off = 0;
    uint32_t error =
        registry->set_value(registry, path, u"EnableDHCP", REGISTRY_NUMBER, &off, sizeof(off));
    for (unsigned list = 0; !error && list < LISTS; list++) {
        if (configuration->counts[list])
            error = registry->set_value(registry, path, dhcp_list_names[list], REGISTRY_LIST,
                                        configuration->lists[list],
                                        (uint32_t)(configuration->counts[list] * sizeof(char16_t)));
    }
    return error;
}

/* ---- the kind ---- */

static uint32_t dhcp_registry_path(struct network *network, struct bytes key,
                                   char16_t path[PATH_UNITS])
{
    char16_t guid[GUID_UNITS];
    uint32_t error = network->get_guid(network, load_u64(key.at), guid);
    if (!error)
        path_of_interface(path, FAMILY_IPV4, guid);
    return error;
}

static bool dhcp_is_valid(struct bytes key, struct bytes state)
{
    return key.size == KEY_SIZE && (!state.size || dhcp_state_is_valid(state));
}

static uint32_t dhcp_probe(void *context, struct bytes key, struct state *state)
{
    struct network *network = context;
    struct configuration configuration;
    char16_t path[PATH_UNITS];
    uint32_t error = dhcp_registry_path(network, key, path);
    if (!error)
        error = dhcp_read_configuration(network->registry, path, &configuration);
    if (error)
        return absent_if_gone(error, state);
    return dhcp_pack(&configuration, state);
}

/* netsh removes addresses before it updates the registry, and updates the registry before fixed
 * addresses are there. So a registry that is as before the change proves nothing: the change counts
 * as made, and its undo configures the interface once more. */
static uint32_t dhcp_probe_interrupted(void *context, struct bytes key, struct bytes from,
                                       struct bytes to, struct state *state)
{
    uint32_t error = dhcp_probe(context, key, state);
    bool looks_untouched = !error && state->size && bytes_equal(state_bytes(state), from);
    return looks_untouched ? state_set(state, to) : error;
}

static uint32_t dhcp_configure(struct network *network, uint32_t index, const char16_t *path,
                               const struct configuration *configuration)
{
    if (configuration->is_dhcp)
        return dhcp_configure_automatic(network, index);
    uint32_t error = dhcp_configure_fixed(network, index, configuration);
    return error ? error : dhcp_write_values(network->registry, path, configuration);
}

/* A netsh that fails, or is ended because it takes too long, may have done half of the change:
 * addresses may be gone that the registry still has. If netsh cannot restore them either, the
 * registry at least gets the old values, for the next time that the interface comes up. */
static void dhcp_restore(struct network *network, uint32_t index, const char16_t *path,
                         const struct configuration *old)
{
    if (!dhcp_configure(network, index, path, old))
        return;
    unsigned char state[4 + LIST_UNITS * sizeof(char16_t)];
    store_u32(state, REGISTRY_NUMBER);
    store_u32(state + 4, old->is_dhcp);
    registry_retry_state(network->registry, path, u"EnableDHCP", (struct bytes){state, 8});
    for (unsigned list = 0; !old->is_dhcp && list < LISTS; list++) {
        size_t size = old->counts[list] * sizeof(char16_t);
        store_u32(state, REGISTRY_LIST);
        memcpy(state + 4, old->lists[list], size);
        if (size)
            registry_retry_state(network->registry, path, dhcp_list_names[list],
                                 (struct bytes){state, 4 + size});
    }
}

static uint32_t dhcp_change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct network *network = context;
    char16_t path[PATH_UNITS];
    uint32_t index, error = dhcp_registry_path(network, key, path);
    if (!error && (!from.size || !to.size))
        error = ERROR_NOT_FOUND; /* it exists as long as its interface does */
    if (!error)
        error = network->get_index(network, load_u64(key.at), &index);
    if (error)
        return error;
    const struct configuration desired = dhcp_unpack(to);
    error = dhcp_configure(network, index, path, &desired);
    if (error) {
        CLEANUP_STATE struct state found = {0};
        const struct configuration old = dhcp_unpack(from);
        if (!old.is_dhcp || dhcp_probe(context, key, &found) ||
            !bytes_equal(state_bytes(&found), from))
            dhcp_restore(network, index, path, &old);
    }
    return error;
}

static void dhcp_describe(struct bytes key, char *text, size_t size)
{
    snprintf(text, size, "DHCP of interface %016llx", (unsigned long long)load_u64(key.at));
}

const struct kind dhcp_kind = {
    .name = "DHCP",
    .number = KIND_DHCP,
    .lifetime = LIFETIME_DISK,
    .is_in_steps = true,
    .is_valid = dhcp_is_valid,
    .identify = interface_identify,
    .is_away = interface_is_away,
    .probe = dhcp_probe,
    .probe_interrupted = dhcp_probe_interrupted,
    .change = dhcp_change,
    .satisfies = bytes_equal,
    .describe = dhcp_describe,
};

uint32_t dhcp_enable(struct ledger *ledger, struct ledger_session *session, uint64_t interface_luid)
{
    static const unsigned char desired = DHCP;
    unsigned char key[KEY_SIZE];
    store_u64(key, interface_luid);
    return ledger_set(ledger, session, &dhcp_kind, (struct bytes){key, sizeof(key)},
                      (struct bytes){&desired, sizeof(desired)});
}
