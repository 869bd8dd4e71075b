/* SPDX-License-Identifier: MIT */
/* machine.h: the network of a Windows machine in memory: the fake behind network.h, firewall.h,
 * kill_switch_engine.h, registry.h and programs.h for native tests.
 *
 * It is empty at first, or populated like a real machine (machine_populate). It answers with
 * Windows' errors, derives routes from addresses as Windows does, counts calls, and fails on
 * request. Thread-safe. */
#ifndef FAKES_MEMORY_MACHINE_H
#define FAKES_MEMORY_MACHINE_H

#include "system/dns_client.h"
#include "system/kill_switch_engine.h"
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

struct fake_machine *machine_create(void); /* aborts when there is no memory: this is test code */
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

/* Interface indexes of the populated machine. (fakes/system uses other ones: 2 is its TAP adapter,
 * 9 its Wintun.) */
enum {
    POPULATED_VPN = 2,      /* "Local Area Connection 2" */
    POPULATED_ETHERNET = 5, /* "Ethernet" */
    POPULATED_WIFI = 7,     /* "Wi-Fi" */
    POPULATED_TAP = 9,      /* "OpenVPN TAP-Windows6" */
    POPULATED_UMLAUT = 11   /* "B\u00FCro-VPN" */
};

void machine_add_interface(struct fake_machine *machine, uint32_t index, uint64_t luid,
                           const char *alias);

/* Removes the interface with its addresses and routes. */
void machine_remove_interface(struct fake_machine *machine, uint32_t index);

/* The interface has gone, and another one has got its LUID: the GUID is another one. */
void machine_replace_interface(struct fake_machine *machine, uint64_t luid);

/* From now on the interface has no IPv6. */
void machine_remove_ipv6(struct fake_machine *machine, uint32_t index);

/* From now on the interface has no IPv4. */
void machine_remove_ipv4(struct fake_machine *machine, uint32_t index);

/* From now on the interface has no IP, like one that Windows has just found. */
void machine_remove_ip(struct fake_machine *machine, uint32_t index);

void machine_set_connected(struct fake_machine *machine, uint32_t index, bool is_connected);

/* The process id for which is_openvpn() returns true; 0: none. */
enum { EVERY_PROCESS = -1 };
void machine_set_openvpn(struct fake_machine *machine, uint32_t process_id);

/* ---- the registry. Paths and names are compared without letter case. ---- */

void machine_add_key(struct fake_machine *machine, const char16_t *path);
void machine_remove_keys(struct fake_machine *machine,
                         const char16_t *path); /* with everything below it */
bool machine_has_key(struct fake_machine *machine, const char16_t *path);
void machine_set_text(struct fake_machine *machine, const char16_t *path, const char16_t *name,
                      const char16_t *text);
void machine_set_number(struct fake_machine *machine, const char16_t *path, const char16_t *name,
                        uint32_t number);
/* `texts`, separated by commas, become a REG_MULTI_SZ. */
void machine_set_list(struct fake_machine *machine, const char16_t *path, const char16_t *name,
                      const char16_t *texts);
void machine_remove_value(struct fake_machine *machine, const char16_t *path, const char16_t *name);

/* The value as text, the strings of a list separated by " | "; NULL when it does not exist. Valid
 * until the next call. */
const char *machine_value(struct fake_machine *machine, const char16_t *path, const char16_t *name);

/* All keys whose path begins with this, sorted, with their values: for golden files. */
void machine_print_keys(struct fake_machine *machine, const char16_t *path, char *text,
                        size_t capacity);

/* The programs that were run, one line each: "netsh interface ip delete wins 9 all". */
const char *machine_programs(struct fake_machine *machine);

struct network *machine_network(struct fake_machine *machine);

/* ---- the kill switch ---- */

struct kill_switch_engine *machine_kill_switch(struct fake_machine *machine);
/* Its filters; NULL: it is off. Valid until the next change. */
const struct kill_switch_plan *machine_filters(const struct fake_machine *machine);
/* What an administrator, or a fault, may do to it. */
void machine_remove_filter(struct fake_machine *machine, size_t nth);
void machine_set_record(struct fake_machine *machine, const void *record, size_t size);
void machine_remove_kill_switch(struct fake_machine *machine);
/* Windows has started without a service that keeps it. */
void machine_disable_kill_switch(struct fake_machine *machine);
/* openvpn.exe is uninstalled, or installed again. */
void machine_lack_openvpn(struct fake_machine *machine, bool lacks);
/* The filtering platform is restarted: static filters have gone. */
void machine_restart_engine(struct fake_machine *machine);

/* The nth call (1 is the next) of an operation fails with `error`, without effect. The operation is
 * named by its member of struct network, struct firewall, struct registry or struct programs, e.g.
 * "create_route"; with "_kill_switch" behind it for those of struct kill_switch_engine;
 * "run_to_the_end" is a program that has its effect and then fails. */
void machine_fail(struct fake_machine *machine, const char *operation, unsigned nth,
                  uint32_t error);

/* Removes every failure that has not happened yet. */
void machine_clear_faults(struct fake_machine *machine);

/* ---- death of the process, at any step ---- */

/* What the calling thread does on machines it does as this process, each of which can die alone and
 * has packet filters of its own. Threads begin as process 0. */
enum { MACHINE_PROCESSES = 4 };
void machine_be_process(unsigned process);

/* From now on every operation of this process that has an effect on the machine calls `step` (NULL:
 * none) before and after the effect: once for each key or value if it consists of several, as
 * programs do. `step` must not call the machine. Once it returns false the process is dead: no
 * operation has an effect any more, and every one returns ERROR_GEN_FAILURE. */
void machine_set_step(struct fake_machine *machine,
                      bool (*step)(void *context, const char *operation), void *context);

/* Whether Windows' DNS client has read its settings since the last change of them, or was started
 * with Windows since. */
bool machine_dns_is_notified(const struct fake_machine *machine);

/* Starts the process anew, when no thread of the dead one is running any more: its packet filters
 * are gone. */
void machine_restart_process(struct fake_machine *machine);

/* The same after a reboot of Windows: routes and addresses are those of `before`, and no
 * openvpn.exe runs; the registry, metrics and MTUs stay. */
void machine_reboot(struct fake_machine *machine, const struct fake_machine *before);

/* Calls of the operation since creation. */
unsigned machine_calls(struct fake_machine *machine, const char *operation);

/* An independent copy, to compare with later. */
struct fake_machine *machine_snapshot(const struct fake_machine *machine);

/* Compares field by field; the order of rows does not matter. Returns the number of rows that are
 * missing or different in the other machine; prints each to `differences` unless that is NULL. */
size_t machine_compare(const struct fake_machine *a, const struct fake_machine *b,
                       FILE *differences);

/* machine_compare() that prints to stderr. */
bool machine_equal(const struct fake_machine *a, const struct fake_machine *b);

#endif
