/* SPDX-License-Identifier: MIT */
/* machine.h: a Windows machine's network in memory: the fake behind network.h, firewall.h,
 * registry.h and programs.h for native tests.
 *
 * Starts empty or populated as a real machine is (machine_populate), answers with Windows' errors,
 * counts calls, and fails on request. Thread-safe. */
#ifndef FAKES_MEMORY_MACHINE_H
#define FAKES_MEMORY_MACHINE_H

#include "system/dns_client.h"
#include "system/network.h"
#include "system/registry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { MACHINE_ALIAS_SIZE = 64 };

struct machine_interface {
    uint32_t index;
    uint64_t luid;
    char alias[MACHINE_ALIAS_SIZE]; /* UTF-8 */
};

struct fake_machine;

struct fake_machine *machine_create(void); /* aborts when memory is short: test code */
void machine_destroy(struct fake_machine *machine);

/* Two physical adapters, three VPN adapters (one with a name that is not ASCII), default routes
 * with metrics 0 and 25, addresses with their on-link routes, and a route that a client asks for in
 * vain: 10.99.0.0/16 via 10.8.0.1 with metric 50 on POPULATED_TAP. The Wi-Fi has an interface
 * metric of the user's choice, the TAP adapter an MTU of its own, and the last adapter no IPv6.
 *
 * The registry has what belongs to each adapter (the TAP adapter has a fixed address, name servers,
 * WINS server and connection suffix, the Wi-Fi fixed name servers, the Ethernet all by DHCP), and a
 * search list of the machine; neither group policy for DNS nor rules. */
void machine_populate(struct fake_machine *machine);

/* Interface indexes of the populated machine. (That of fakes/system has them the other way round: 2
 * is its TAP adapter, 9 its Wintun.) */
enum {
    POPULATED_VPN = 2,      /* "Local Area Connection 2" */
    POPULATED_ETHERNET = 5, /* "Ethernet" */
    POPULATED_WIFI = 7,     /* "Wi-Fi" */
    POPULATED_TAP = 9,      /* "OpenVPN TAP-Windows6" */
    POPULATED_UMLAUT = 11   /* "B\u00FCro-VPN" */
};

void machine_add_interface(struct fake_machine *machine, uint32_t index, uint64_t luid,
                           const char *alias);

/* The interface goes, and with it its addresses and routes. */
void machine_remove_interface(struct fake_machine *machine, uint32_t index);

/* From now on it is one without IPv6. */
void machine_remove_ipv6(struct fake_machine *machine, uint32_t index);

/* From now on it has no IP at all, as before Windows has got to it. */
void machine_remove_ip(struct fake_machine *machine, uint32_t index);

void machine_set_connected(struct fake_machine *machine, uint32_t index, bool is_connected);

/* The process id for which is_openvpn() holds; 0: for none. */
void machine_set_openvpn(struct fake_machine *machine, uint32_t process_id);

/* ---- the registry. Letter case of paths and names does not count. ---- */

void machine_add_key(struct fake_machine *machine, const char16_t *path);
void machine_remove_keys(struct fake_machine *machine, const char16_t *path); /* all below, too */
bool machine_has_key(struct fake_machine *machine, const char16_t *path);
void machine_set_text(struct fake_machine *machine, const char16_t *path, const char16_t *name,
                      const char16_t *text);
void machine_set_number(struct fake_machine *machine, const char16_t *path, const char16_t *name,
                        uint32_t number);
/* `texts` with a comma between them become a REG_MULTI_SZ. */
void machine_set_list(struct fake_machine *machine, const char16_t *path, const char16_t *name,
                      const char16_t *texts);
void machine_remove_value(struct fake_machine *machine, const char16_t *path, const char16_t *name);

/* The value as text, lists with " | " between their texts; NULL when there is none. Valid until the
 * next call. */
const char *machine_value(struct fake_machine *machine, const char16_t *path, const char16_t *name);

/* All keys whose path begins so, sorted, with their values: for golden files. */
void machine_print_keys(struct fake_machine *machine, const char16_t *path, char *text,
                        size_t capacity);

/* The programs that were run, a line each: "netsh interface ip delete wins 9  all". */
const char *machine_programs(struct fake_machine *machine);

struct network *machine_network(struct fake_machine *machine);

/* The nth call (1 is the next) of the operation with this member name of struct network, struct
 * firewall, struct registry or struct programs, e.g. "create_route", fails with `error`, without
 * effect. "run_to_the_end" is a program that has its effect and then fails. */
void machine_fail(struct fake_machine *machine, const char *operation, unsigned nth,
                  uint32_t error);

/* Forgets every failure that has not happened yet. */
void machine_heal(struct fake_machine *machine);

/* ---- the death of the process, at any step ---- */

/* From now on `step` (NULL: nobody) is called before each effect on the machine and again after it,
 * by every operation that has one: once for each key or value where it consists of several, as
 * programs do. It must not call the machine. Once it returns false the process is dead: nothing
 * has an effect any more, and every operation returns ERROR_GEN_FAILURE. */
void machine_set_step(struct fake_machine *machine,
                      bool (*step)(void *context, const char *operation), void *context);

/* Whether Windows' DNS client has read its settings again since the last of them was changed, or
 * was started with Windows since. */
bool machine_dns_is_told(const struct fake_machine *machine);

/* Begins a new process, when no thread of the dead one is at work any more: packet filters and
 * users of search lists are gone. Those of other processes that a test plays are gone with them. */
void machine_revive(struct fake_machine *machine);

/* The same after a restart of Windows: routes and addresses are those of `before`, no openvpn.exe
 * runs; the registry, metrics and MTUs stay. */
void machine_reboot(struct fake_machine *machine, const struct fake_machine *before);

/* Calls of the operation since creation. */
unsigned machine_calls(struct fake_machine *machine, const char *operation);

/* An independent copy, to compare with later. */
struct fake_machine *machine_snapshot(const struct fake_machine *machine);

/* Compares field by field, in any order of rows. Returns the number of rows of either that the
 * other does not have just so; prints each to `differences` unless that is NULL. */
size_t machine_compare(const struct fake_machine *a, const struct fake_machine *b,
                       FILE *differences);

/* machine_compare() that prints to stderr. */
bool machine_equal(const struct fake_machine *a, const struct fake_machine *b);

#endif
