/* SPDX-License-Identifier: MIT */
/* rows.h: what a machine in memory consists of. For the files of this folder only. */
#ifndef FAKES_MEMORY_ROWS_H
#define FAKES_MEMORY_ROWS_H

#include "base/lock.h"
#include "fakes/memory/machine.h"

#include <uthash.h>
#include <utlist.h>

enum { FAMILY_4 = 2, FAMILY_6 = 23 };

struct address_row {
    UT_hash_handle hh;
    struct address_key key;
    struct address_settings settings;
};

struct route_row {
    UT_hash_handle hh;
    struct route_key key;
    struct route_settings settings;
};

struct interface_row {
    struct machine_interface interface;
    struct interface_row *prev, *next;
};

enum operation {
    FIND_INTERFACE,
    GET_ADDRESS,
    CREATE_ADDRESS,
    SET_ADDRESS,
    DELETE_ADDRESS,
    GET_ROUTE,
    CREATE_ROUTE,
    SET_ROUTE,
    DELETE_ROUTE,
    OPERATION_COUNT
};

struct fault {
    enum operation operation;
    unsigned at_call;
    uint32_t error;
    struct fault *next;
};

struct fake_machine {
    struct network network; /* first: `self` of an operation is the machine */
    struct lock lock;
    struct interface_row *interfaces;
    struct address_row *addresses;
    struct route_row *routes;
    unsigned calls[OPERATION_COUNT];
    struct fault *faults;
};

/* Zeros; aborts when memory is short. */
void *allocate(size_t size);

/* Readers of a const machine lock it too. HOLD() lasts to the end of the block. */
struct lock *machine_lock(const struct fake_machine *machine);
void machine_unlock(struct lock **lock);
#define HOLD(machine)                                                                              \
    __attribute__((cleanup(machine_unlock), unused)) struct lock *held_##machine =                 \
        machine_lock(machine)

/* All with the lock held. The found row or NULL. */
bool has_interface(const struct fake_machine *machine, uint64_t luid);
struct address_row *find_address(const struct fake_machine *machine, const struct address_key *key);
struct route_row *find_route(const struct fake_machine *machine, const struct route_key *key);

void insert_address(struct fake_machine *machine, const struct address_key *key,
                    const struct address_settings *settings);
void insert_route(struct fake_machine *machine, const struct route_key *key,
                  const struct route_settings *settings);
void remove_address(struct fake_machine *machine, struct address_row *row);
void remove_route(struct fake_machine *machine, struct route_row *row);

#endif
