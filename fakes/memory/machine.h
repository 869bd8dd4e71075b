/* SPDX-License-Identifier: MIT */
/* machine.h: a Windows machine's network in memory: the fake behind network.h for native tests.
 *
 * Starts empty or populated as a real machine is (machine_populate), answers with Windows' errors,
 * counts calls, and fails on request. Thread-safe. */
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

/* Two physical adapters, three VPN adapters (one with a name that is not ASCII), default routes
 * with metrics 0 and 25, addresses with their on-link routes, and a route that a client asks for in
 * vain: 10.99.0.0/16 via 10.8.0.1 with metric 50 on POPULATED_TAP. */
void machine_populate(struct machine *machine);

/* Interface indexes of the populated machine. */
enum {
    POPULATED_VPN = 2,      /* "Local Area Connection 2" */
    POPULATED_ETHERNET = 5, /* "Ethernet" */
    POPULATED_WIFI = 7,     /* "Wi-Fi" */
    POPULATED_TAP = 9,      /* "OpenVPN TAP-Windows6" */
    POPULATED_UMLAUT = 11   /* "B\u00FCro-VPN" */
};

void machine_add_interface(struct machine *machine, uint32_t index, uint64_t luid,
                           const char *alias);

/* The interface goes, and with it its addresses and routes. */
void machine_remove_interface(struct machine *machine, uint32_t index);

struct network *machine_network(struct machine *machine);

/* The nth call (1 is the next) of the operation with this member name of struct network, e.g.
 * "create_route", fails with `error`, without effect. */
void machine_fail(struct machine *machine, const char *operation, unsigned nth, uint32_t error);

/* Forgets every failure that has not happened yet. */
void machine_heal(struct machine *machine);

/* Calls of the operation since creation. */
unsigned machine_calls(struct machine *machine, const char *operation);

/* An independent copy, to compare with later. */
struct machine *machine_snapshot(const struct machine *machine);

/* Field by field, in any order of rows. When they differ, prints each difference to stderr. */
bool machine_equal(const struct machine *a, const struct machine *b);

#endif
