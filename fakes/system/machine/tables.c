/* SPDX-License-Identifier: MIT */
/* The rows of the model: every change is one committing store (image.h). */
#include "faults.h"
#include "machine.h"

#include <windows.h>

#define IS_LIVE(state) ((state) == SLOT_FIRST || (state) == SLOT_SECOND)
/* The current row of a live slot, and the state that makes its other row the current one. */
#define CURRENT(rows, slot, state) (&(rows)[slot][(state)-SLOT_FIRST])
#define OTHER_STATE(state)         ((state) == SLOT_FIRST ? SLOT_SECOND : SLOT_FIRST)

static void commit(struct machine *machine, int32_t *state, enum slot_state value)
{
    struct fault fault = {0};
    if (!machine->driver)
        fault_enter(machine, CALL_Commit, &fault);
    InterlockedExchange((LONG *)state, (LONG)value);
    if (!machine->driver)
        fault_leave(machine, &fault);
}

/* Writes `row` into a slot, live or not. */
#define STORE(machine, rows, states, slot, row)                                                    \
    do {                                                                                           \
        enum slot_state next_ = OTHER_STATE((states)[slot]);                                       \
        (rows)[slot][next_ - SLOT_FIRST] = *(row);                                                 \
        commit(machine, &(states)[slot], next_);                                                   \
    } while (0)

/* The next live slot at or after *cursor, which is advanced past it; `count` when none is left. */
static size_t next_live(const int32_t *states, size_t count, size_t *cursor)
{
    size_t slot = *cursor;
    while (slot < count && !IS_LIVE(states[slot]))
        slot++;
    *cursor = slot + 1;
    return slot;
}

static size_t free_slot(const int32_t *states, size_t count)
{
    size_t slot = 0;
    while (slot < count && IS_LIVE(states[slot]))
        slot++;
    return slot;
}

/* For those who are told of changes (iphlpapi/notify.c). */
static void note_change(struct machine *machine)
{
    InterlockedIncrement((volatile LONG *)&machine->image->changes);
}

/* Interfaces */

const struct interface_row *machine_next_interface(struct machine *machine, size_t *cursor)
{
    struct machine_image *image = machine->image;
    size_t slot = next_live(image->interface_states, MACHINE_INTERFACES, cursor);
    return slot == MACHINE_INTERFACES
               ? NULL
               : CURRENT(image->interfaces, slot, image->interface_states[slot]);
}

const struct interface_row *machine_interface(struct machine *machine, uint64_t luid,
                                              uint32_t index)
{
    const struct interface_row *row;
    for (size_t cursor = 0; (row = machine_next_interface(machine, &cursor));)
        if (luid ? row->luid == luid : row->index == index)
            return row;
    return NULL;
}

const struct interface_row *machine_interface_by_alias(struct machine *machine,
                                                       const wchar_t *alias)
{
    const struct interface_row *row;
    for (size_t cursor = 0; (row = machine_next_interface(machine, &cursor));)
        if (CompareStringOrdinal(row->alias, -1, alias, -1, TRUE) == CSTR_EQUAL)
            return row;
    return NULL;
}

const struct interface_row *machine_interface_by_guid(struct machine *machine,
                                                      const uint8_t guid[16])
{
    const struct interface_row *row;
    for (size_t cursor = 0; (row = machine_next_interface(machine, &cursor));)
        if (memcmp(row->guid, guid, sizeof(row->guid)) == 0)
            return row;
    return NULL;
}

static size_t interface_slot(struct machine *machine, uint64_t luid)
{
    struct machine_image *image = machine->image;
    size_t slot;
    for (size_t cursor = 0; (slot = next_live(image->interface_states, MACHINE_INTERFACES,
                                              &cursor)) < MACHINE_INTERFACES;)
        if (CURRENT(image->interfaces, slot, image->interface_states[slot])->luid == luid)
            break;
    return slot;
}

uint32_t machine_add_interface(struct machine *machine, const struct interface_row *row)
{
    struct machine_image *image = machine->image;
    if (machine_interface(machine, row->luid, 0) || machine_interface(machine, 0, row->index))
        return ERROR_OBJECT_ALREADY_EXISTS;
    size_t slot = free_slot(image->interface_states, MACHINE_INTERFACES);
    if (slot == MACHINE_INTERFACES)
        return ERROR_NOT_ENOUGH_MEMORY;
    STORE(machine, image->interfaces, image->interface_states, slot, row);
    note_change(machine);
    return 0;
}

uint32_t machine_set_interface(struct machine *machine, const struct interface_row *row)
{
    struct machine_image *image = machine->image;
    size_t slot = interface_slot(machine, row->luid);
    if (slot == MACHINE_INTERFACES)
        return ERROR_NOT_FOUND;
    STORE(machine, image->interfaces, image->interface_states, slot, row);
    note_change(machine);
    return 0;
}

uint32_t machine_delete_interface(struct machine *machine, uint64_t luid)
{
    size_t slot = interface_slot(machine, luid);
    if (slot == MACHINE_INTERFACES)
        return ERROR_NOT_FOUND;
    const struct route_row *route;
    for (size_t cursor = 0; (route = machine_next_route(machine, &cursor));)
        if (route->luid == luid)
            machine_delete_route(machine, route);
    const struct address_row *address;
    for (size_t cursor = 0; (address = machine_next_address(machine, &cursor));)
        if (address->luid == luid)
            machine_delete_address(machine, address);
    commit(machine, &machine->image->interface_states[slot], SLOT_EMPTY);
    note_change(machine);
    return 0;
}

/* Addresses */

const struct address_row *machine_next_address(struct machine *machine, size_t *cursor)
{
    struct machine_image *image = machine->image;
    size_t slot = next_live(image->address_states, MACHINE_ADDRESSES, cursor);
    return slot == MACHINE_ADDRESSES ? NULL
                                     : CURRENT(image->addresses, slot, image->address_states[slot]);
}

static size_t address_slot(struct machine *machine, uint64_t luid, const struct machine_ip *address)
{
    const struct address_row *row;
    for (size_t cursor = 0; (row = machine_next_address(machine, &cursor));)
        if (row->luid == luid && machine_ip_equal(&row->address, address))
            return cursor - 1;
    return MACHINE_ADDRESSES;
}

const struct address_row *machine_address(struct machine *machine, uint64_t luid,
                                          const struct machine_ip *address)
{
    struct machine_image *image = machine->image;
    size_t slot = address_slot(machine, luid, address);
    return slot == MACHINE_ADDRESSES ? NULL
                                     : CURRENT(image->addresses, slot, image->address_states[slot]);
}

/* Changes an address and the routes that Windows derives from it. */
static void commit_address(struct machine *machine, size_t slot, enum slot_state state)
{
    struct machine_image *image = machine->image;
    const enum slot_state old_state = image->address_states[slot];
    const struct address_row *old = NULL, *new = NULL;
    if (IS_LIVE(old_state))
        old = CURRENT(image->addresses, slot, old_state);
    if (IS_LIVE(state))
        new = CURRENT(image->addresses, slot, state);
    image->is_deriving = 1;
    commit(machine, &image->address_states[slot], state);
    machine_derive_routes(machine, old, new);
    image->is_deriving = 0;
    note_change(machine);
}

static void store_address(struct machine *machine, size_t slot, const struct address_row *row)
{
    struct machine_image *image = machine->image;
    const enum slot_state next = OTHER_STATE(image->address_states[slot]);
    image->addresses[slot][next - SLOT_FIRST] = *row;
    commit_address(machine, slot, next);
}

uint32_t machine_add_address(struct machine *machine, const struct address_row *row)
{
    struct machine_image *image = machine->image;
    if (machine_address(machine, row->luid, &row->address))
        return ERROR_OBJECT_ALREADY_EXISTS;
    size_t slot = free_slot(image->address_states, MACHINE_ADDRESSES);
    if (slot == MACHINE_ADDRESSES)
        return ERROR_NOT_ENOUGH_MEMORY;
    store_address(machine, slot, row);
    return 0;
}

uint32_t machine_set_address(struct machine *machine, const struct address_row *row)
{
    size_t slot = address_slot(machine, row->luid, &row->address);
    if (slot == MACHINE_ADDRESSES)
        return ERROR_NOT_FOUND;
    store_address(machine, slot, row);
    return 0;
}

uint32_t machine_delete_address(struct machine *machine, const struct address_row *key)
{
    size_t slot = address_slot(machine, key->luid, &key->address);
    if (slot == MACHINE_ADDRESSES)
        return ERROR_NOT_FOUND;
    commit_address(machine, slot, SLOT_EMPTY);
    return 0;
}

/* Routes: open addressing with linear probing. A deleted slot keeps later ones of its chain
 * reachable; it becomes empty again when nothing follows it. */

static bool same_route(const struct route_row *a, const struct route_row *b)
{
    return a->luid == b->luid && a->prefix_length == b->prefix_length &&
           machine_ip_equal(&a->prefix, &b->prefix) && machine_ip_equal(&a->next_hop, &b->next_hop);
}

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001B3u; /* FNV-1a */
    return hash;
}

static size_t home_slot(const struct route_row *key)
{
    uint64_t hash = 0xCBF29CE484222325u;
    hash = hash_bytes(hash, &key->luid, sizeof(key->luid));
    hash = hash_bytes(hash, &key->prefix, sizeof(key->prefix));
    hash = hash_bytes(hash, &key->prefix_length, sizeof(key->prefix_length));
    hash = hash_bytes(hash, &key->next_hop, sizeof(key->next_hop));
    return (size_t)((hash ^ hash >> 32) & (MACHINE_ROUTE_SLOTS - 1));
}

#define NEXT_SLOT(slot)     (((slot) + 1) & (MACHINE_ROUTE_SLOTS - 1))
#define PREVIOUS_SLOT(slot) (((slot)-1) & (MACHINE_ROUTE_SLOTS - 1))

/* The slot of the route, or MACHINE_ROUTE_SLOTS; then `place` is a free slot for it, or
 * MACHINE_ROUTE_SLOTS when the table is full. */
static size_t route_slot(struct machine *machine, const struct route_row *key, size_t *place)
{
    struct machine_image *image = machine->image;
    size_t slot = home_slot(key);
    *place = MACHINE_ROUTE_SLOTS;
    for (size_t probes = 0; probes < MACHINE_ROUTES; probes++, slot = NEXT_SLOT(slot)) {
        int32_t state = image->route_states[slot];
        if (IS_LIVE(state)) {
            if (same_route(CURRENT(image->routes, slot, state), key))
                return slot;
            continue;
        }
        if (*place == MACHINE_ROUTE_SLOTS)
            *place = slot;
        if (state == SLOT_EMPTY)
            break;
    }
    return MACHINE_ROUTE_SLOTS;
}

const struct route_row *machine_next_route(struct machine *machine, size_t *cursor)
{
    struct machine_image *image = machine->image;
    size_t slot = next_live(image->route_states, MACHINE_ROUTE_SLOTS, cursor);
    return slot == MACHINE_ROUTE_SLOTS ? NULL
                                       : CURRENT(image->routes, slot, image->route_states[slot]);
}

const struct route_row *machine_route(struct machine *machine, const struct route_row *key)
{
    struct machine_image *image = machine->image;
    size_t place, slot = route_slot(machine, key, &place);
    return slot == MACHINE_ROUTE_SLOTS ? NULL
                                       : CURRENT(image->routes, slot, image->route_states[slot]);
}

uint32_t machine_add_route(struct machine *machine, const struct route_row *row)
{
    struct machine_image *image = machine->image;
    size_t place;
    if (route_slot(machine, row, &place) != MACHINE_ROUTE_SLOTS)
        return ERROR_OBJECT_ALREADY_EXISTS;
    if (place == MACHINE_ROUTE_SLOTS)
        return ERROR_NOT_ENOUGH_MEMORY;
    STORE(machine, image->routes, image->route_states, place, row);
    return 0;
}

uint32_t machine_set_route(struct machine *machine, const struct route_row *row)
{
    struct machine_image *image = machine->image;
    size_t place, slot = route_slot(machine, row, &place);
    if (slot == MACHINE_ROUTE_SLOTS)
        return ERROR_NOT_FOUND;
    STORE(machine, image->routes, image->route_states, slot, row);
    return 0;
}

uint32_t machine_delete_route(struct machine *machine, const struct route_row *key)
{
    int32_t *states = machine->image->route_states;
    size_t place, slot = route_slot(machine, key, &place);
    if (slot == MACHINE_ROUTE_SLOTS)
        return ERROR_NOT_FOUND;
    bool chain_ends_here = states[NEXT_SLOT(slot)] == SLOT_EMPTY;
    commit(machine, &states[slot], chain_ends_here ? SLOT_EMPTY : SLOT_DELETED);
    if (chain_ends_here)
        for (slot = PREVIOUS_SLOT(slot); states[slot] == SLOT_DELETED; slot = PREVIOUS_SLOT(slot))
            InterlockedExchange((LONG *)&states[slot], SLOT_EMPTY);
    return 0;
}
