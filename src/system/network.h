/* SPDX-License-Identifier: MIT */
/* network.h: the operations on Windows networking that the service needs: the seam between the
 * portable core and the system.
 *
 * win32/ implements it over iphlpapi; fakes/memory over a small model. Every operation returns 0 or
 * a Win32 error code, and the errors are Windows' own, so that they can be passed on to
 * openvpn.exe. Interfaces are named by LUID, which survives what renumbers indexes. */
#ifndef SYSTEM_NETWORK_H
#define SYSTEM_NETWORK_H

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>

/* AF_INET 2 or AF_INET6 23 (Windows' numbers); network byte order, IPv4 in the first four bytes and
 * zeros behind. */
struct ip {
    uint16_t family;
    uint8_t bytes[16];
};

/* One on-link address of an interface: MIB_UNICASTIPADDRESS_ROW. */
struct address_key {
    uint64_t interface_luid;
    struct ip address;
};

struct address_settings {
    uint8_t prefix_length;
    uint8_t skip_as_source;
    uint32_t prefix_origin; /* NL_PREFIX_ORIGIN */
    uint32_t suffix_origin; /* NL_SUFFIX_ORIGIN */
    uint32_t valid_lifetime;
    uint32_t preferred_lifetime;
};

/* One route: MIB_IPFORWARD_ROW2. Windows knows two routes apart by these. */
struct route_key {
    uint64_t interface_luid;
    struct ip prefix;
    uint8_t prefix_length;
    struct ip next_hop;
};

struct route_settings {
    uint32_t metric;   /* 0xffffffff: not chosen by the client */
    uint32_t protocol; /* NL_ROUTE_PROTOCOL; 3 is NETMGMT */
    uint32_t valid_lifetime;
    uint32_t preferred_lifetime;
    uint8_t site_prefix_length;
    uint8_t loopback;
    uint8_t autoconfigure_address;
    uint8_t publish;
    uint8_t immortal;
};

/* How dear an interface is to one family: the lowest is used first. */
struct interface_metric {
    uint8_t automatic; /* Windows chooses; `metric` is what it has chosen */
    uint32_t metric;
};

/* An interface's GUID as the registry has it: "{4D36E972-...}", upper case; with the terminator. */
enum { GUID_UNITS = 39 };

struct firewall;
struct registry;
struct programs;

/* The table of operations. `self` is the table itself: an implementation embeds it. */
struct network {
    /* By index, or by alias (UTF-8) when index is 0xffffffff. ERROR_FILE_NOT_FOUND: no such index;
     * ERROR_INVALID_PARAMETER: no such alias. */
    uint32_t (*find_interface)(struct network *self, uint32_t index, const char *alias,
                               uint64_t *luid);

    /* What else an interface is known by. ERROR_FILE_NOT_FOUND: no such interface. */
    uint32_t (*get_index)(struct network *self, uint64_t interface_luid, uint32_t *index);
    uint32_t (*get_guid)(struct network *self, uint64_t interface_luid, char16_t guid[GUID_UNITS]);
    /* Whether the interface with this GUID is connected and up; what is no interface is not. */
    bool (*is_connected)(struct network *self, const char16_t *guid);

    /* ERROR_NOT_FOUND when there is none. */
    uint32_t (*get_address)(struct network *self, const struct address_key *key,
                            struct address_settings *settings);
    /* ERROR_OBJECT_ALREADY_EXISTS when there is one. */
    uint32_t (*create_address)(struct network *self, const struct address_key *key,
                               const struct address_settings *settings);
    /* ERROR_NOT_FOUND when there is none. */
    uint32_t (*set_address)(struct network *self, const struct address_key *key,
                            const struct address_settings *settings);
    uint32_t (*delete_address)(struct network *self, const struct address_key *key);

    /* As for addresses. */
    uint32_t (*get_route)(struct network *self, const struct route_key *key,
                          struct route_settings *settings);
    uint32_t (*create_route)(struct network *self, const struct route_key *key,
                             const struct route_settings *settings);
    uint32_t (*set_route)(struct network *self, const struct route_key *key,
                          const struct route_settings *settings);
    uint32_t (*delete_route)(struct network *self, const struct route_key *key);

    /* What an interface does with a family (AF_INET, AF_INET6). ERROR_FILE_NOT_FOUND: no such
     * interface; ERROR_NOT_FOUND: it does not have the family; ERROR_INVALID_PARAMETER: no such
     * family, or a value that Windows refuses. */
    uint32_t (*get_metric)(struct network *self, uint64_t interface_luid, uint16_t family,
                           struct interface_metric *metric);
    uint32_t (*set_metric)(struct network *self, uint64_t interface_luid, uint16_t family,
                           const struct interface_metric *metric);
    uint32_t (*get_mtu)(struct network *self, uint64_t interface_luid, uint16_t family,
                        uint32_t *mtu);
    uint32_t (*set_mtu)(struct network *self, uint64_t interface_luid, uint16_t family,
                        uint32_t mtu);

    /* Forgets which hardware addresses the interface's neighbours have. */
    uint32_t (*flush_neighbors)(struct network *self, uint64_t interface_luid, uint16_t family);

    /* Of the same machine: packet filters (firewall.h), registry (registry.h),
     * programs (programs.h). */
    struct firewall *firewall;
    struct registry *registry;
    struct programs *programs;
};

/* The real one (win32/), with these parts. One static object, shared by all threads. */
struct network *network_win32(struct firewall *firewall, struct registry *registry,
                              struct programs *programs);

#endif
