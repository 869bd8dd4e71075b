/* SPDX-License-Identifier: MIT */
/* rows.h: the tables of a machine in memory. For this folder only. */
#ifndef FAKES_MEMORY_ROWS_H
#define FAKES_MEMORY_ROWS_H

#include "base/lock.h"
#include "base/text.h"
#include "fakes/memory/machine.h"
#include "system/dns_client.h"
#include "system/firewall.h"
#include "system/kill_switch_engine.h"
#include "system/programs.h"
#include "system/registry.h"

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

/* The settings of an interface for IPv4 and IPv6, in this order. */
enum { FAMILIES = 2, AUTOMATIC_METRIC = 25 };
struct interface_ip {
    bool is_absent;
    struct interface_metric metric;
    uint32_t mtu;
};

struct interface_row {
    struct machine_interface interface;
    struct interface_ip ip[FAMILIES];
    char16_t guid[GUID_UNITS]; /* derived from its LUID */
    bool is_connected;
    struct interface_row *prev, *next;
};

struct block_row {
    uint64_t id;
    unsigned process;
    struct firewall_policy policy;
    struct block_row *prev, *next;
};

/* What the filtering platform keeps of the kill switch, while it is up. */
struct kill_switch_rows {
    struct kill_switch_found found;
    struct kill_switch_plan plan;
};

struct value_row {
    char16_t *name;
    uint32_t type;
    uint32_t size;
    void *bytes;
    struct value_row *prev, *next;
};

struct key_row {
    char16_t *path;
    uint32_t hash;
    struct value_row *values;
    struct key_row *prev, *next;
};

enum operation {
    FIND_INTERFACE,
    GET_INDEX,
    GET_GUID,
    GET_ADDRESS,
    CREATE_ADDRESS,
    SET_ADDRESS,
    DELETE_ADDRESS,
    IS_IN_SUBNET,
    GET_ROUTE,
    CREATE_ROUTE,
    SET_ROUTE,
    DELETE_ROUTE,
    HAS_DEFAULT_ROUTE,
    GET_METRIC,
    SET_METRIC,
    GET_MTU,
    SET_MTU,
    FLUSH_NEIGHBORS,
    BLOCK,
    GET_BLOCK,
    UNBLOCK,
    READ_KILL_SWITCH,
    COMPARE_KILL_SWITCH,
    REPLACE_KILL_SWITCH,
    REMOVE_KILL_SWITCH,
    GET_VALUE,
    SET_VALUE,
    DELETE_VALUE,
    COUNT,
    LIST_KEYS,
    CREATE_KEY,
    DELETE_KEY,
    ENTER,
    APPLY,
    APPLY_POLICY,
    FLUSH,
    RUN,
    RUN_TO_THE_END,
    REGISTER_DNS,
    OPERATION_COUNT
};

struct fault {
    enum operation operation;
    unsigned at_call;
    uint32_t error;
    struct fault *next;
};

/* One that runs the service on the machine. */
struct fake_process {
    bool (*step)(void *context, const char *operation);
    void *step_context;
    bool is_dead;
};

struct fake_machine {
    struct network network; /* must be first: `self` of an operation points to the machine */
    struct firewall firewall;
    struct kill_switch_engine kill_switch;
    struct registry registry;
    struct programs programs;
    struct dns_client dns_client;
    struct lock lock;
    struct interface_row *interfaces;
    struct address_row *addresses;
    struct route_row *routes;
    struct block_row *blocks;
    struct kill_switch_rows *kill_switch_rows; /* NULL: it is off */
    bool lacks_openvpn;
    struct key_row *keys;
    bool is_entered; /* a thread is between enter() and leave() of the registry */
    unsigned entered_by;
    struct condition left;
    bool is_dns_untold;    /* something that it reads has changed since apply() */
    uint32_t openvpn;      /* the one that lives, 0, or EVERY_PROCESS */
    char record[8192];     /* of the programs */
    char value_text[1024]; /* of machine_value() */
    unsigned calls[OPERATION_COUNT];
    struct fault *faults;
    struct fake_process processes[MACHINE_PROCESSES];
};

/* The process of the calling thread (machine_be_process()). */
unsigned own_process(void);
bool is_dead(const struct fake_machine *machine);

/* Zeroed; aborts when there is no memory. */
void *allocate(size_t size);

/* Readers of a const machine lock it, too. HOLD() lasts to the end of the block. */
struct lock *machine_lock(const struct fake_machine *machine);
void machine_unlock(struct lock **lock);
#define HOLD(machine)                                                                              \
    __attribute__((cleanup(machine_unlock), unused)) struct lock *held_##machine =                 \
        machine_lock(machine)

/* Counts the call. Returns 0, or the error with which it shall fail. */
uint32_t enter(struct fake_machine *machine, enum operation operation);

/* Must be called before and after each effect on the machine. Returns ERROR_GEN_FAILURE when the
 * process has died, at this step or before. */
uint32_t step(struct fake_machine *machine, enum operation operation);

/* These fill in the operations on addresses and routes, on interface settings, and so on. */
void tables_open(struct network *network);
void interface_settings_open(struct network *network);
void firewall_open(struct firewall *firewall);
void kill_switch_open(struct kill_switch_engine *engine);
void registry_open(struct registry *registry);
void programs_open(struct programs *programs);
void dns_client_open(struct dns_client *client);

/* The lock must be held. Returns the row or NULL. */
struct interface_row *find_interface(const struct fake_machine *machine, uint64_t luid);
struct block_row *find_block(const struct fake_machine *machine, uint64_t id);
void insert_block(struct fake_machine *machine, uint64_t id, const struct firewall_policy *policy);
void remove_block(struct fake_machine *machine, struct block_row *row);
bool kill_switch_rows_equal(const struct kill_switch_rows *a, const struct kill_switch_rows *b);
void kill_switch_end_static(struct fake_machine *machine);
struct key_row *find_key(const struct fake_machine *machine, const char16_t *path);
struct key_row *insert_key(struct fake_machine *machine,
                           const char16_t *path); /* with the keys above it; or finds it */
struct key_row *append_key(struct fake_machine *machine,
                           const char16_t *path); /* without looking for an existing one */
void remove_key(struct fake_machine *machine, struct key_row *row);
/* The length of `prefix` if it is a prefix of `path`, without letter case; else 0. */
size_t path_prefix(const char16_t *path, const char16_t *prefix);
struct value_row *find_value(const struct key_row *key, const char16_t *name);
void insert_value(struct key_row *key, const char16_t *name, uint32_t type, const void *bytes,
                  uint32_t size);
void remove_value(struct key_row *key, struct value_row *row);
void print_value(char *text, size_t capacity, const struct value_row *row);
bool has_interface(const struct fake_machine *machine, uint64_t luid);
struct address_row *find_address(const struct fake_machine *machine, const struct address_key *key);
struct route_row *find_route(const struct fake_machine *machine, const struct route_key *key);

void insert_address(struct fake_machine *machine, const struct address_key *key,
                    const struct address_settings *settings);
void insert_route(struct fake_machine *machine, const struct route_key *key,
                  const struct route_settings *settings);
/* The routes that Windows derives from an address with this prefix length: after it has come, and
 * after it has gone. */
void derived_routes_come(struct fake_machine *machine, const struct address_key *address,
                         unsigned length);
void derived_routes_go(struct fake_machine *machine, const struct address_key *address,
                       unsigned length);
void remove_address(struct fake_machine *machine, struct address_row *row);
void remove_route(struct fake_machine *machine, struct route_row *row);

#endif
