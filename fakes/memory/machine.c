/* SPDX-License-Identifier: MIT */
#include "fakes/memory/rows.h"

#include "base/errors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Microsoft's documentation of MIB_IPFORWARD_ROW2 and NL_PREFIX_ORIGIN. */
enum { UNSPECIFIED = 0xffffffff, ORIGIN_MANUAL = 1, ORIGIN_UNCHANGED = 16 };

/* What Windows makes of a route without a metric. */
enum { DEFAULT_METRIC = 256 };

static const char *const operation_names[OPERATION_COUNT] = {
    "find_interface",  "get_index",      "get_guid",   "get_address",  "create_address",
    "set_address",     "delete_address", "get_route",  "create_route", "set_route",
    "delete_route",    "get_metric",     "set_metric", "get_mtu",      "set_mtu",
    "flush_neighbors", "block",          "get_block",  "unblock",      "get_value",
    "set_value",       "delete_value",   "count",      "list_keys",    "create_key",
    "delete_key",      "enter",          "apply",      "apply_policy", "run",
    "run_to_the_end",  "register_dns",
};

static struct fake_machine *machine_of(struct network *self)
{
    return (struct fake_machine *)self;
}

uint32_t enter(struct fake_machine *machine, enum operation operation)
{
    unsigned call = ++machine->calls[operation];
    for (struct fault *fault = machine->faults; fault; fault = fault->next) {
        if (fault->operation != operation || fault->at_call != call)
            continue;
        uint32_t error = fault->error;
        LL_DELETE(machine->faults, fault);
        free(fault);
        return error;
    }
    return 0;
}

/* ---- what Windows refuses ---- */

static unsigned family_bits(uint16_t family)
{
    return family == FAMILY_4 ? 32 : family == FAMILY_6 ? 128 : 0;
}

static bool is_host_bit_set(const struct ip *prefix, unsigned length)
{
    for (unsigned bit = length; bit < family_bits(prefix->family); bit++) {
        if (prefix->bytes[bit / 8] & (0x80u >> bit % 8))
            return true;
    }
    return false;
}

static bool is_unspecified(const struct ip *ip)
{
    return !is_host_bit_set(ip, 0);
}

static bool is_multicast(const struct ip *ip)
{
    return ip->family == FAMILY_4 ? (ip->bytes[0] & 0xF0) == 0xE0 : ip->bytes[0] == 0xFF;
}

static uint32_t check_route(const struct fake_machine *machine, const struct route_key *key,
                            uint32_t no_interface)
{
    unsigned bits = family_bits(key->prefix.family);
    if (!bits || key->next_hop.family != key->prefix.family || key->prefix_length > bits ||
        is_host_bit_set(&key->prefix, key->prefix_length))
        return ERROR_INVALID_PARAMETER;
    return has_interface(machine, key->interface_luid) ? 0 : no_interface;
}

static uint32_t check_address(const struct fake_machine *machine, const struct address_key *key,
                              uint32_t no_interface)
{
    if (!family_bits(key->address.family) || is_unspecified(&key->address) ||
        is_multicast(&key->address))
        return ERROR_INVALID_PARAMETER;
    return has_interface(machine, key->interface_luid) ? 0 : no_interface;
}

/* ---- rows ---- */

static struct address_settings address_as_stored(const struct address_settings *settings)
{
    struct address_settings stored = *settings;
    if (stored.prefix_origin == ORIGIN_UNCHANGED)
        stored.prefix_origin = ORIGIN_MANUAL;
    if (stored.suffix_origin == ORIGIN_UNCHANGED)
        stored.suffix_origin = ORIGIN_MANUAL;
    return stored;
}

static struct route_settings route_as_stored(const struct route_settings *settings)
{
    struct route_settings stored = *settings;
    if (stored.metric == UNSPECIFIED)
        stored.metric = DEFAULT_METRIC;
    return stored;
}

/* ---- the operations. A missing interface is ERROR_NOT_FOUND to Create*Entry and
 * ERROR_FILE_NOT_FOUND to the others, as Microsoft documents them. ---- */

static uint32_t machine_find_interface(struct network *self, uint32_t index, const char *alias,
                                       uint64_t *luid)
{
    struct fake_machine *machine = machine_of(self);
    HOLD(machine);
    uint32_t error = enter(machine, FIND_INTERFACE);
    if (error)
        return error;
    for (const struct interface_row *row = machine->interfaces; row; row = row->next) {
        if (index == UNSPECIFIED ? strcmp(row->interface.alias, alias) == 0
                                 : row->interface.index == index) {
            *luid = row->interface.luid;
            return 0;
        }
    }
    return index == UNSPECIFIED ? ERROR_INVALID_PARAMETER : ERROR_FILE_NOT_FOUND;
}

static uint32_t machine_get_index(struct network *self, uint64_t luid, uint32_t *index)
{
    struct fake_machine *machine = machine_of(self);
    HOLD(machine);
    uint32_t error = enter(machine, GET_INDEX);
    const struct interface_row *row = error ? NULL : find_interface(machine, luid);
    if (!row)
        return error ? error : ERROR_FILE_NOT_FOUND;
    *index = row->interface.index;
    return 0;
}

static uint32_t machine_get_guid(struct network *self, uint64_t luid, char16_t guid[GUID_UNITS])
{
    struct fake_machine *machine = machine_of(self);
    HOLD(machine);
    uint32_t error = enter(machine, GET_GUID);
    const struct interface_row *row = error ? NULL : find_interface(machine, luid);
    if (!row)
        return error ? error : ERROR_FILE_NOT_FOUND;
    memcpy(guid, row->guid, sizeof(row->guid));
    return 0;
}

static bool machine_is_connected(struct network *self, const char16_t *guid)
{
    struct fake_machine *machine = machine_of(self);
    HOLD(machine);
    for (const struct interface_row *row = machine->interfaces; row; row = row->next)
        if (text_equal(row->guid, guid))
            return row->is_connected;
    return false;
}

static uint32_t enter_address(struct fake_machine *machine, enum operation operation,
                              const struct address_key *key, struct address_row **row)
{
    uint32_t error = enter(machine, operation);
    if (!error)
        error = check_address(machine, key,
                              operation == CREATE_ADDRESS ? ERROR_NOT_FOUND : ERROR_FILE_NOT_FOUND);
    if (error)
        return error;
    *row = find_address(machine, key);
    if (operation == CREATE_ADDRESS)
        return *row ? ERROR_OBJECT_ALREADY_EXISTS : 0;
    return *row ? 0 : ERROR_NOT_FOUND;
}

static uint32_t machine_get_address(struct network *self, const struct address_key *key,
                                    struct address_settings *settings)
{
    struct fake_machine *machine = machine_of(self);
    struct address_row *row;
    HOLD(machine);
    uint32_t error = enter_address(machine, GET_ADDRESS, key, &row);
    if (!error)
        *settings = row->settings;
    return error;
}

static uint32_t write_address(struct fake_machine *machine, enum operation operation,
                              const struct address_key *key,
                              const struct address_settings *settings)
{
    struct address_row *row;
    HOLD(machine);
    uint32_t error = enter_address(machine, operation, key, &row);
    if (error)
        return error;
    if (settings->prefix_length > family_bits(key->address.family))
        return ERROR_INVALID_PARAMETER;
    struct address_settings stored = address_as_stored(settings);
    if (row)
        row->settings = stored;
    else
        insert_address(machine, key, &stored);
    return 0;
}

static uint32_t machine_create_address(struct network *self, const struct address_key *key,
                                       const struct address_settings *settings)
{
    return write_address(machine_of(self), CREATE_ADDRESS, key, settings);
}

static uint32_t machine_set_address(struct network *self, const struct address_key *key,
                                    const struct address_settings *settings)
{
    return write_address(machine_of(self), SET_ADDRESS, key, settings);
}

static uint32_t machine_delete_address(struct network *self, const struct address_key *key)
{
    struct fake_machine *machine = machine_of(self);
    struct address_row *row;
    HOLD(machine);
    uint32_t error = enter_address(machine, DELETE_ADDRESS, key, &row);
    if (!error)
        remove_address(machine, row);
    return error;
}

static uint32_t enter_route(struct fake_machine *machine, enum operation operation,
                            const struct route_key *key, struct route_row **row)
{
    uint32_t error = enter(machine, operation);
    if (!error)
        error = check_route(machine, key,
                            operation == CREATE_ROUTE ? ERROR_NOT_FOUND : ERROR_FILE_NOT_FOUND);
    if (error)
        return error;
    *row = find_route(machine, key);
    if (operation == CREATE_ROUTE)
        return *row ? ERROR_OBJECT_ALREADY_EXISTS : 0;
    return *row ? 0 : ERROR_NOT_FOUND;
}

static uint32_t machine_get_route(struct network *self, const struct route_key *key,
                                  struct route_settings *settings)
{
    struct fake_machine *machine = machine_of(self);
    struct route_row *row;
    HOLD(machine);
    uint32_t error = enter_route(machine, GET_ROUTE, key, &row);
    if (!error)
        *settings = row->settings;
    return error;
}

static uint32_t write_route(struct fake_machine *machine, enum operation operation,
                            const struct route_key *key, const struct route_settings *settings)
{
    struct route_row *row;
    HOLD(machine);
    uint32_t error = enter_route(machine, operation, key, &row);
    if (error)
        return error;
    struct route_settings stored = route_as_stored(settings);
    if (row)
        row->settings = stored;
    else
        insert_route(machine, key, &stored);
    return 0;
}

static uint32_t machine_create_route(struct network *self, const struct route_key *key,
                                     const struct route_settings *settings)
{
    return write_route(machine_of(self), CREATE_ROUTE, key, settings);
}

static uint32_t machine_set_route(struct network *self, const struct route_key *key,
                                  const struct route_settings *settings)
{
    return write_route(machine_of(self), SET_ROUTE, key, settings);
}

static uint32_t machine_delete_route(struct network *self, const struct route_key *key)
{
    struct fake_machine *machine = machine_of(self);
    struct route_row *row;
    HOLD(machine);
    uint32_t error = enter_route(machine, DELETE_ROUTE, key, &row);
    if (!error)
        remove_route(machine, row);
    return error;
}

/* ---- the machine itself ---- */

struct fake_machine *machine_create(void)
{
    static const struct network operations = {
        .find_interface = machine_find_interface,
        .get_index = machine_get_index,
        .get_guid = machine_get_guid,
        .is_connected = machine_is_connected,
        .get_address = machine_get_address,
        .create_address = machine_create_address,
        .set_address = machine_set_address,
        .delete_address = machine_delete_address,
        .get_route = machine_get_route,
        .create_route = machine_create_route,
        .set_route = machine_set_route,
        .delete_route = machine_delete_route,
    };
    struct fake_machine *machine = allocate(sizeof(*machine));
    machine->network = operations;
    machine->network.firewall = &machine->firewall;
    machine->network.registry = &machine->registry;
    machine->network.programs = &machine->programs;
    interface_settings_open(&machine->network);
    firewall_open(&machine->firewall);
    registry_open(&machine->registry);
    programs_open(&machine->programs);
    return machine;
}

void machine_destroy(struct fake_machine *machine)
{
    if (!machine)
        return;
    machine_heal(machine);
    while (machine->interfaces)
        machine_remove_interface(machine, machine->interfaces->interface.index);
    while (machine->blocks)
        remove_block(machine, machine->blocks);
    while (machine->keys)
        remove_key(machine, machine->keys);
    free(machine);
}

struct network *machine_network(struct fake_machine *machine)
{
    return &machine->network;
}

static struct interface_row *insert_interface(struct fake_machine *machine,
                                              const struct machine_interface *interface,
                                              const struct interface_ip ip[FAMILIES])
{
    struct interface_row *row = allocate(sizeof(*row));
    struct text guid = TEXT_ON(row->guid);
    row->interface = *interface;
    text_append_format(&guid, "{%08X-4747-4747-8000-%012X}", (unsigned)(interface->luid >> 24),
                       (unsigned)interface->index);
    for (size_t i = 0; i < FAMILIES; i++)
        row->ip[i] = ip[i];
    DL_APPEND(machine->interfaces, row);
    return row;
}

void machine_add_interface(struct fake_machine *machine, uint32_t index, uint64_t luid,
                           const char *alias)
{
    static const struct interface_ip ip[FAMILIES] = {
        {.metric = {1, AUTOMATIC_METRIC}, .mtu = 1500},
        {.metric = {1, AUTOMATIC_METRIC}, .mtu = 1500},
    };
    struct machine_interface interface = {.index = index, .luid = luid};
    snprintf(interface.alias, sizeof(interface.alias), "%s", alias);
    HOLD(machine);
    insert_interface(machine, &interface, ip);
}

void machine_set_connected(struct fake_machine *machine, uint32_t index, bool is_connected)
{
    HOLD(machine);
    for (struct interface_row *row = machine->interfaces; row; row = row->next) {
        if (row->interface.index == index)
            row->is_connected = is_connected;
    }
}

void machine_remove_ipv6(struct fake_machine *machine, uint32_t index)
{
    HOLD(machine);
    for (struct interface_row *row = machine->interfaces; row; row = row->next) {
        if (row->interface.index == index)
            row->ip[1].is_absent = true;
    }
}

void machine_remove_interface(struct fake_machine *machine, uint32_t index)
{
    HOLD(machine);
    struct interface_row *gone = machine->interfaces;
    while (gone && gone->interface.index != index)
        gone = gone->next;
    if (!gone)
        return;
    for (struct address_row *next, *row = machine->addresses; row; row = next) {
        next = row->hh.next;
        if (row->key.interface_luid == gone->interface.luid)
            remove_address(machine, row);
    }
    for (struct route_row *next, *row = machine->routes; row; row = next) {
        next = row->hh.next;
        if (row->key.interface_luid == gone->interface.luid)
            remove_route(machine, row);
    }
    DL_DELETE(machine->interfaces, gone);
    free(gone);
}

static enum operation operation_named(const char *name)
{
    for (unsigned i = 0; i < OPERATION_COUNT; i++) {
        if (strcmp(operation_names[i], name) == 0)
            return (enum operation)i;
    }
    fprintf(stderr, "no operation %s\n", name);
    abort();
}

void machine_fail(struct fake_machine *machine, const char *operation, unsigned nth, uint32_t error)
{
    struct fault *fault = allocate(sizeof(*fault));
    HOLD(machine);
    fault->operation = operation_named(operation);
    fault->at_call = machine->calls[fault->operation] + nth;
    fault->error = error;
    LL_PREPEND(machine->faults, fault);
}

void machine_heal(struct fake_machine *machine)
{
    HOLD(machine);
    while (machine->faults) {
        struct fault *fault = machine->faults;
        machine->faults = fault->next;
        free(fault);
    }
}

unsigned machine_calls(struct fake_machine *machine, const char *operation)
{
    HOLD(machine);
    return machine->calls[operation_named(operation)];
}

struct fake_machine *machine_snapshot(const struct fake_machine *machine)
{
    struct fake_machine *copy = machine_create();
    HOLD(machine);
    for (const struct interface_row *row = machine->interfaces; row; row = row->next)
        insert_interface(copy, &row->interface, row->ip)->is_connected = row->is_connected;
    for (const struct address_row *row = machine->addresses; row; row = row->hh.next)
        insert_address(copy, &row->key, &row->settings);
    for (const struct route_row *row = machine->routes; row; row = row->hh.next)
        insert_route(copy, &row->key, &row->settings);
    for (const struct block_row *row = machine->blocks; row; row = row->next)
        insert_block(copy, row->id, &row->policy);
    for (const struct key_row *row = machine->keys; row; row = row->next) {
        struct key_row *key = append_key(copy, row->path);
        for (const struct value_row *value = row->values; value; value = value->next)
            insert_value(key, value->name, value->type, value->bytes, value->size);
    }
    return copy;
}
