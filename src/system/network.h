/* SPDX-License-Identifier: MIT */
/* network.h: the operations on Windows networking that the service needs: the interface between the
 * portable core and the system.
 *
 * win32/ implements it over iphlpapi, fakes/memory over a small model. Every operation returns 0 or
 * the Win32 error code that Windows returns, which is passed on to openvpn.exe. Interfaces are
 * identified by LUID, because indexes change when adapters come and go. */
#ifndef SYSTEM_NETWORK_H
#define SYSTEM_NETWORK_H

#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>

/* Identifies an address of an interface (MIB_UNICASTIPADDRESS_ROW). */
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

/* Identifies a route (MIB_IPFORWARD_ROW2): Windows has at most one with these values. */
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

/* The metric of an interface for one address family; Windows prefers the lowest. */
struct interface_metric {
    uint8_t automatic; /* Windows chooses the metric, and `metric` is its choice */
    uint32_t metric;
};

/* Units of an interface's GUID in the form of the registry, "{4D36E972-...}" in upper case,
 * terminator included. */
enum { GUID_UNITS = 39 };

/* Units of an interface's name, terminator included (NDIS_IF_MAX_STRING_SIZE + 1). */
enum { ALIAS_UNITS = 257 };

struct firewall;
struct registry;
struct programs;
struct dns_client;

/* The table of operations. `self` is the table, which an implementation embeds as first member.
 * Thread-safe. */
struct network {
    /* Finds an interface by index, or by alias (UTF-8) if the index is 0xffffffff.
     * ERROR_FILE_NOT_FOUND: no such index; ERROR_INVALID_PARAMETER: no such alias. */
    uint32_t (*find_interface)(struct network *self, uint32_t index, const char *alias,
                               uint64_t *luid);

    /* Get the index or the GUID of an interface. ERROR_FILE_NOT_FOUND: no such interface. */
    uint32_t (*get_index)(struct network *self, uint64_t interface_luid, uint32_t *index);
    uint32_t (*get_guid)(struct network *self, uint64_t interface_luid, char16_t guid[GUID_UNITS]);
    /* Gets the name that users know it by. ERROR_FILE_NOT_FOUND: no such interface. */
    uint32_t (*get_alias)(struct network *self, uint64_t interface_luid,
                          char16_t alias[ALIAS_UNITS]);
    /* True if there is an interface with this GUID and it is connected and up. */
    bool (*is_connected)(struct network *self, const char16_t *guid);

    /* ERROR_NOT_FOUND: no such address. */
    uint32_t (*get_address)(struct network *self, const struct address_key *key,
                            struct address_settings *settings);
    /* ERROR_OBJECT_ALREADY_EXISTS: the interface has this address. */
    uint32_t (*create_address)(struct network *self, const struct address_key *key,
                               const struct address_settings *settings);
    /* ERROR_NOT_FOUND: no such address. */
    uint32_t (*set_address)(struct network *self, const struct address_key *key,
                            const struct address_settings *settings);
    uint32_t (*delete_address)(struct network *self, const struct address_key *key);
    /* Whether the prefix of an address that the interface has now covers `ip`. */
    uint32_t (*is_in_subnet)(struct network *self, uint64_t interface_luid, const struct ip *ip,
                             bool *is_in);

    /* Routes: the same operations and errors as for addresses. */
    uint32_t (*get_route)(struct network *self, const struct route_key *key,
                          struct route_settings *settings);
    uint32_t (*create_route)(struct network *self, const struct route_key *key,
                             const struct route_settings *settings);
    uint32_t (*set_route)(struct network *self, const struct route_key *key,
                          const struct route_settings *settings);
    uint32_t (*delete_route)(struct network *self, const struct route_key *key);
    /* Whether the interface has a default route of this family. */
    uint32_t (*has_default_route)(struct network *self, uint64_t interface_luid, uint16_t family,
                                  bool *has);

    /* Settings of an interface for one family (AF_INET, AF_INET6). ERROR_FILE_NOT_FOUND: no such
     * interface; ERROR_NOT_FOUND: the interface does not have the family; ERROR_INVALID_PARAMETER:
     * no such family, or a value that Windows refuses. */
    uint32_t (*get_metric)(struct network *self, uint64_t interface_luid, uint16_t family,
                           struct interface_metric *metric);
    uint32_t (*set_metric)(struct network *self, uint64_t interface_luid, uint16_t family,
                           const struct interface_metric *metric);
    uint32_t (*get_mtu)(struct network *self, uint64_t interface_luid, uint16_t family,
                        uint32_t *mtu);
    uint32_t (*set_mtu)(struct network *self, uint64_t interface_luid, uint16_t family,
                        uint32_t mtu);

    /* Empties the interface's cache of neighbours (ARP, NDP) for one family. */
    uint32_t (*flush_neighbors)(struct network *self, uint64_t interface_luid, uint16_t family);

    /* Of the same machine: packet filters (firewall.h), registry (registry.h), programs
     * (programs.h), and the DNS client (dns_client.h). */
    struct firewall *firewall;
    struct registry *registry;
    struct programs *programs;
    struct dns_client *dns_client;
};

/* The real one (win32/), with these parts. One static object, shared by all threads. */
struct network *network_win32(struct firewall *firewall, struct registry *registry,
                              struct programs *programs, struct dns_client *dns_client);

#endif
