/* SPDX-License-Identifier: MIT */
/* Addresses and routes. A missing interface is ERROR_NOT_FOUND to Create*Entry and
 * ERROR_FILE_NOT_FOUND to the others, as Microsoft documents them. */
#include "fakes/memory/rows.h"

#include "base/errors.h"

/* Microsoft's documentation of MIB_IPFORWARD_ROW2 and NL_PREFIX_ORIGIN. */
enum { UNSPECIFIED = 0xffffffff, ORIGIN_MANUAL = 1, ORIGIN_UNCHANGED = 16 };

/* The metric that Windows gives to a route without one. */
enum { DEFAULT_METRIC = 256 };

static struct fake_machine *table_machine(struct network *self)
{
    return (struct fake_machine *)self;
}

/* ---- checks as in Windows ---- */

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

/* ---- the operations ---- */

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
    struct fake_machine *machine = table_machine(self);
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
    error = step(machine, operation);
    if (error)
        return error;
    const struct address_settings stored = address_as_stored(settings);
    const unsigned old_length = row ? row->settings.prefix_length : stored.prefix_length;
    if (row)
        row->settings = stored;
    else
        insert_address(machine, key, &stored);
    if (old_length != stored.prefix_length)
        derived_routes_go(machine, key, old_length);
    derived_routes_come(machine, key, stored.prefix_length);
    return step(machine, operation);
}

static uint32_t machine_create_address(struct network *self, const struct address_key *key,
                                       const struct address_settings *settings)
{
    return write_address(table_machine(self), CREATE_ADDRESS, key, settings);
}

static uint32_t machine_set_address(struct network *self, const struct address_key *key,
                                    const struct address_settings *settings)
{
    return write_address(table_machine(self), SET_ADDRESS, key, settings);
}

static uint32_t machine_delete_address(struct network *self, const struct address_key *key)
{
    struct fake_machine *machine = table_machine(self);
    struct address_row *row;
    HOLD(machine);
    uint32_t error = enter_address(machine, DELETE_ADDRESS, key, &row);
    if (!error)
        error = step(machine, DELETE_ADDRESS);
    if (error)
        return error;
    const unsigned length = row->settings.prefix_length;
    remove_address(machine, row);
    derived_routes_go(machine, key, length);
    return step(machine, DELETE_ADDRESS);
}

static uint32_t machine_is_in_subnet(struct network *self, uint64_t luid, const struct ip *ip,
                                     bool *is_in)
{
    struct fake_machine *machine = table_machine(self);
    HOLD(machine);
    uint32_t error = enter(machine, IS_IN_SUBNET);
    *is_in = false;
    for (const struct address_row *row = machine->addresses; row && !error; row = row->hh.next)
        *is_in |= row->key.interface_luid == luid &&
                  ip_is_within(ip, &row->key.address, row->settings.prefix_length);
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
    struct fake_machine *machine = table_machine(self);
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
    if (!error)
        error = step(machine, operation);
    if (error)
        return error;
    struct route_settings stored = route_as_stored(settings);
    if (row)
        row->settings = stored;
    else
        insert_route(machine, key, &stored);
    return step(machine, operation);
}

static uint32_t machine_create_route(struct network *self, const struct route_key *key,
                                     const struct route_settings *settings)
{
    return write_route(table_machine(self), CREATE_ROUTE, key, settings);
}

static uint32_t machine_set_route(struct network *self, const struct route_key *key,
                                  const struct route_settings *settings)
{
    return write_route(table_machine(self), SET_ROUTE, key, settings);
}

static uint32_t machine_delete_route(struct network *self, const struct route_key *key)
{
    struct fake_machine *machine = table_machine(self);
    struct route_row *row;
    HOLD(machine);
    uint32_t error = enter_route(machine, DELETE_ROUTE, key, &row);
    if (!error)
        error = step(machine, DELETE_ROUTE);
    if (error)
        return error;
    remove_route(machine, row);
    return step(machine, DELETE_ROUTE);
}

static uint32_t machine_has_default_route(struct network *self, uint64_t luid, uint16_t family,
                                          bool *has)
{
    struct fake_machine *machine = table_machine(self);
    HOLD(machine);
    uint32_t error = enter(machine, HAS_DEFAULT_ROUTE);
    *has = false;
    for (const struct route_row *row = machine->routes; row && !error; row = row->hh.next)
        *has |= row->key.interface_luid == luid && row->key.prefix.family == family &&
                row->key.prefix_length == 0;
    return error;
}

void tables_open(struct network *network)
{
    network->get_address = machine_get_address;
    network->create_address = machine_create_address;
    network->set_address = machine_set_address;
    network->delete_address = machine_delete_address;
    network->is_in_subnet = machine_is_in_subnet;
    network->get_route = machine_get_route;
    network->create_route = machine_create_route;
    network->set_route = machine_set_route;
    network->delete_route = machine_delete_route;
    network->has_default_route = machine_has_default_route;
}
