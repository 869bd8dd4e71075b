/* SPDX-License-Identifier: MIT */
#include "fakes/memory/rows.h"

#include <stdlib.h>
#include <string.h>

void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory)
        abort();
    return memory;
}

struct lock *machine_lock(const struct fake_machine *machine)
{
    struct lock *lock = (struct lock *)(uintptr_t)&machine->lock;
    lock_acquire(lock);
    return lock;
}

void machine_unlock(struct lock **lock)
{
    lock_release(*lock);
}

/* ---- keys: hashed as bytes, so that padding and the unused bytes of IPv4 are zero ---- */

static void ip_normalize(struct ip *to, const struct ip *from)
{
    to->family = from->family;
    memcpy(to->bytes, from->bytes, from->family == FAMILY_4 ? 4 : 16);
}

static void address_key_normalize(struct address_key *to, const struct address_key *from)
{
    memset(to, 0, sizeof(*to));
    to->interface_luid = from->interface_luid;
    ip_normalize(&to->address, &from->address);
}

static void route_key_normalize(struct route_key *to, const struct route_key *from)
{
    memset(to, 0, sizeof(*to));
    to->interface_luid = from->interface_luid;
    to->prefix_length = from->prefix_length;
    ip_normalize(&to->prefix, &from->prefix);
    ip_normalize(&to->next_hop, &from->next_hop);
}

/* ---- rows ---- */

struct interface_row *find_interface(const struct fake_machine *machine, uint64_t luid)
{
    struct interface_row *row = machine->interfaces;
    while (row && row->interface.luid != luid)
        row = row->next;
    return row;
}

bool has_interface(const struct fake_machine *machine, uint64_t luid)
{
    return find_interface(machine, luid) != NULL;
}

struct address_row *find_address(const struct fake_machine *machine, const struct address_key *key)
{
    struct address_key normal;
    struct address_row *row;
    address_key_normalize(&normal, key);
    HASH_FIND(hh, machine->addresses, &normal, sizeof(normal), row);
    return row;
}

struct route_row *find_route(const struct fake_machine *machine, const struct route_key *key)
{
    struct route_key normal;
    struct route_row *row;
    route_key_normalize(&normal, key);
    HASH_FIND(hh, machine->routes, &normal, sizeof(normal), row);
    return row;
}

void insert_address(struct fake_machine *machine, const struct address_key *key,
                    const struct address_settings *settings)
{
    struct address_row *row = allocate(sizeof(*row));
    address_key_normalize(&row->key, key);
    row->settings = *settings;
    HASH_ADD(hh, machine->addresses, key, sizeof(row->key), row);
}

void insert_route(struct fake_machine *machine, const struct route_key *key,
                  const struct route_settings *settings)
{
    struct route_row *row = allocate(sizeof(*row));
    route_key_normalize(&row->key, key);
    row->settings = *settings;
    HASH_ADD(hh, machine->routes, key, sizeof(row->key), row);
}

void remove_address(struct fake_machine *machine, struct address_row *row)
{
    HASH_DEL(machine->addresses, row);
    free(row);
}

void remove_route(struct fake_machine *machine, struct route_row *row)
{
    HASH_DEL(machine->routes, row);
    free(row);
}
