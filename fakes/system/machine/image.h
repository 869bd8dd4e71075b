/* SPDX-License-Identifier: MIT */
/* image.h: the content of machine.dat, which every process that loads the fakes maps.
 *
 * The layout is the same for 32- and 64-bit programs: fixed widths and no pointers. A zeroed image
 * is an unpopulated machine, so a fresh file needs no preparation.
 *
 * A process may be killed between any two instructions. Therefore a table is an array of state
 * words and an array of row pairs: a change is written into the row of the pair that is not
 * current, and one aligned store of the state word makes it the current one. */
#ifndef FAKES_MACHINE_IMAGE_H
#define FAKES_MACHINE_IMAGE_H

#include "calls.h"

#include <stdint.h>
#include <wchar.h>

enum {
    MACHINE_INTERFACES = 32,
    MACHINE_ADDRESSES = 1024,
    MACHINE_ROUTES = 65536,
    MACHINE_ROUTE_SLOTS = 2 * MACHINE_ROUTES, /* a power of two */
    MACHINE_FAULTS = 32,
    MACHINE_WAITERS = 64,
    MACHINE_DEATHS = 64,
    MACHINE_PERSONAS = 64,
    MACHINE_PERSONA_GROUPS = 24,
    MACHINE_LOCAL_GROUPS = 16,
    MACHINE_LOCAL_GROUP_MEMBERS = 64,
    MACHINE_SERVICES = 16,
    MACHINE_ALIAS_UNITS = 257, /* IF_MAX_STRING_SIZE + 1 */
    MACHINE_NAME_UNITS = 257,
    MACHINE_SID_BYTES = 68 /* SECURITY_MAX_SID_SIZE */
};

enum slot_state { SLOT_EMPTY, SLOT_FIRST, SLOT_SECOND, SLOT_DELETED };

/* AF_INET or AF_INET6; network byte order, zeros behind an IPv4 address. */
struct machine_ip {
    uint16_t family;
    uint16_t zero;
    uint8_t bytes[16];
};

/* The fields of MIB_IPINTERFACE_ROW that a program can change. */
struct interface_ip {
    uint32_t present;
    uint32_t metric;
    uint32_t use_automatic_metric;
    uint32_t mtu;
    uint32_t forwarding;
    uint32_t advertising;
    uint32_t weak_host_send;
    uint32_t weak_host_receive;
    uint32_t advertise_default_route;
    uint32_t router_discovery;
    uint32_t dad_transmits;
    uint32_t disable_default_routes;
};

enum interface_family { INTERFACE_IPV4, INTERFACE_IPV6, INTERFACE_FAMILIES };

struct interface_row {
    uint64_t luid;
    uint8_t guid[16];
    uint32_t index;
    uint32_t type;     /* IANA ifType: 6 ethernet, 71 Wi-Fi, 24 loopback, 53 virtual */
    uint32_t physical; /* hardware, not a VPN adapter or loopback */
    uint32_t vpn;
    uint32_t connected;
    uint32_t link_mtu;
    uint32_t automatic_metric; /* the value that Windows would choose */
    uint32_t zero;
    wchar_t alias[MACHINE_ALIAS_UNITS];
    wchar_t description[MACHINE_ALIAS_UNITS];
    wchar_t component_id[64]; /* the hardware id, e.g. tap0901 */
    struct interface_ip ip[INTERFACE_FAMILIES];
};

/* MIB_UNICASTIPADDRESS_ROW. Identified by luid and address. */
struct address_row {
    uint64_t luid;
    uint64_t created; /* FILETIME */
    struct machine_ip address;
    uint32_t prefix_origin;
    uint32_t suffix_origin;
    uint32_t valid_lifetime;
    uint32_t preferred_lifetime;
    uint32_t dad_state;
    uint32_t scope_id;
    uint8_t prefix_length;
    uint8_t skip_as_source;
    uint8_t zero[2];
};

/* MIB_IPFORWARD_ROW2. Identified by luid, prefix, prefix_length and next_hop. */
struct route_row {
    uint64_t luid;
    uint64_t created; /* FILETIME; the route's Age starts here */
    struct machine_ip prefix;
    struct machine_ip next_hop;
    uint32_t metric;
    uint32_t protocol;
    uint32_t origin;
    uint32_t valid_lifetime;
    uint32_t preferred_lifetime;
    uint8_t prefix_length;
    uint8_t site_prefix_length;
    uint8_t loopback;
    uint8_t autoconfigure_address;
    uint8_t publish;
    uint8_t immortal;
    uint8_t zero[2];
};

enum fault_action { FAULT_FAIL, FAULT_BLOCK, FAULT_BLOCK_AFTER, FAULT_DIE, FAULT_DIE_AFTER };

struct fault_rule {
    int32_t live; /* the commit word */
    uint32_t call;
    uint32_t first; /* the number of the first matching call */
    uint32_t times; /* 0: every call from there on */
    uint32_t action;
    uint32_t code;
};

struct waiter {
    int32_t pid; /* 0: free */
    uint32_t tid;
    uint32_t call;
    int32_t is_cancelled;
};

struct death {
    uint32_t pid;
    uint32_t call;
    uint32_t after; /* its effect */
};

struct persona_group {
    uint32_t attributes; /* SE_GROUP_* */
    uint8_t sid[MACHINE_SID_BYTES];
};

struct persona {
    uint32_t pid;   /* of the client; 0 is everybody not listed */
    uint32_t level; /* SECURITY_IMPERSONATION_LEVEL that the client allows */
    uint32_t
        logon; /* authentication id and session of Windows of the token that it shows, if they */
    uint32_t session;    /* are not those of its process; 0: they are */
    uint32_t is_younger; /* its process, than any connection: another one had its id before */
    uint8_t user[MACHINE_SID_BYTES];
    wchar_t name[MACHINE_NAME_UNITS];
    wchar_t domain[MACHINE_NAME_UNITS];
    uint32_t group_count;
    struct persona_group groups[MACHINE_PERSONA_GROUPS];
};

struct local_group {
    wchar_t name[MACHINE_NAME_UNITS];
    wchar_t domain[MACHINE_NAME_UNITS];
    uint8_t sid[MACHINE_SID_BYTES];
    uint32_t member_count;
    uint8_t members[MACHINE_LOCAL_GROUP_MEMBERS][MACHINE_SID_BYTES];
};

/* What the service control manager says of a service, whatever the real one would say. */
struct machine_service {
    wchar_t name[MACHINE_NAME_UNITS];
    uint32_t error; /* not 0: it can't be opened */
    uint32_t state; /* SERVICE_RUNNING, ... */
    uint32_t start; /* SERVICE_AUTO_START, ... */
    uint32_t exit_code;
    uint32_t pid;
    wchar_t binary[MACHINE_NAME_UNITS];
    wchar_t account[MACHINE_NAME_UNITS];
};

struct machine_settings {
    uint32_t recorded_groups; /* bits 1 << enum call_group */
    uint32_t service_is_system;
    uint32_t next_process; /* the id of the next process that is started as a user; 0: its own */
    uint32_t product_key_error; /* not 0: the registry keys of the product can't be opened */
    uint32_t policy_key_error;  /* likewise, those of its group policy */
};

struct machine_image {
    uint64_t magic; /* written last when the machine is populated */
    int64_t lock;   /* the process that holds the model; see machine_lock() */
    int64_t record_lock;
    uint32_t is_deriving; /* an address has changed, its derived routes have not yet */
    /* Of BFE, by the test. */
    volatile int32_t engine_stops, engine_is_stopped;
    int64_t record_number;
    struct machine_settings settings;
    uint32_t volatile_keys;   /* not 0: a program has created volatile registry keys (places.h) */
    volatile int32_t changes; /* of addresses and interfaces: rises with each */
    volatile int32_t populations; /* likewise: what these change is told to nobody */
    int32_t death_count;          /* by faults; only the first MACHINE_DEATHS are in `deaths` */

    int32_t counters[CALL_COUNT];
    int32_t armed[CALL_COUNT]; /* active rules for the function: 0 is the fast path */
    int32_t waiting;
    struct fault_rule faults[MACHINE_FAULTS];
    struct waiter waiters[MACHINE_WAITERS];
    struct death deaths[MACHINE_DEATHS];

    uint32_t persona_count;
    uint32_t local_group_count;
    uint32_t service_count;
    uint32_t zero;
    struct machine_service services[MACHINE_SERVICES];
    struct persona personas[MACHINE_PERSONAS];
    struct local_group local_groups[MACHINE_LOCAL_GROUPS];

    int32_t interface_states[MACHINE_INTERFACES];
    int32_t address_states[MACHINE_ADDRESSES];
    int32_t route_states[MACHINE_ROUTE_SLOTS];
    struct interface_row interfaces[MACHINE_INTERFACES][2];
    struct address_row addresses[MACHINE_ADDRESSES][2];
    struct route_row routes[MACHINE_ROUTE_SLOTS][2];
};

#endif
