/* SPDX-License-Identifier: MIT */
/* machine.h: a Windows machine's network in memory: the fake behind network.h for native tests.
 *
 * Starts populated as a real machine is (machine_populate), answers with Windows' errors, counts
 * and records calls, and fails on request. */
#ifndef FAKES_MEMORY_MACHINE_H
#define FAKES_MEMORY_MACHINE_H

#include "network/network.h"

#include <stdbool.h>
#include <stddef.h>

enum { MACHINE_ALIAS_SIZE = 64 };

struct machine_interface {
    uint32_t index;
    uint64_t luid;
    char alias[MACHINE_ALIAS_SIZE]; /* UTF-8 */
};

struct machine;

struct machine *machine_create(void); /* aborts when memory is short: test code */
void machine_destroy(struct machine *machine);

/* Two physical adapters, two VPN adapters, default routes, addresses, metrics 0 and 25, and a route
 * that a client is likely to ask for. */
void machine_populate(struct machine *machine);

struct network *machine_network(struct machine *machine);

/* The nth call (1 is the next) of the operation with this member name of struct network, e.g.
 * "create_route", fails with `error`, without effect. */
void machine_fail(struct machine *machine, const char *operation, unsigned nth, uint32_t error);

/* Calls of the operation since creation. */
unsigned machine_calls(struct machine *machine, const char *operation);

/* An independent copy, to compare with later. */
struct machine *machine_snapshot(const struct machine *machine);

/* Field by field, in any order of rows. When they differ, prints each difference to stderr. */
bool machine_equal(const struct machine *a, const struct machine *b);

#endif
