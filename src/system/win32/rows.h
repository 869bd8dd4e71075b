/* SPDX-License-Identifier: MIT */
/* rows.h: what the parts of network_win32() share: the operations, which network.c puts in its
 * table, and the conversion of addresses for iphlpapi. Used within this folder only. */
#ifndef SYSTEM_WIN32_ROWS_H
#define SYSTEM_WIN32_ROWS_H

#include "system/network.h"

/* Keep this order: netioapi.h needs the socket types, which must be included before windows.h. */
#include <winsock2.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <netioapi.h>

/* Passes an unknown family on, so that iphlpapi refuses it with its own error. */
SOCKADDR_INET sockaddr_of(const struct ip *ip);
/* Of an address from iphlpapi. */
struct ip ip_of(const SOCKADDR_INET *address);

uint32_t win32_find_interface(struct network *self, uint32_t index, const char *alias,
                              uint64_t *luid);
uint32_t win32_get_index(struct network *self, uint64_t interface_luid, uint32_t *index);
uint32_t win32_get_guid(struct network *self, uint64_t interface_luid, char16_t guid[GUID_UNITS]);
uint32_t win32_get_alias(struct network *self, uint64_t interface_luid,
                         char16_t alias[ALIAS_UNITS]);
bool win32_is_connected(struct network *self, const char16_t *guid);

uint32_t win32_get_address(struct network *self, const struct address_key *key,
                           struct address_settings *settings);
uint32_t win32_create_address(struct network *self, const struct address_key *key,
                              const struct address_settings *settings);
uint32_t win32_set_address(struct network *self, const struct address_key *key,
                           const struct address_settings *settings);
uint32_t win32_delete_address(struct network *self, const struct address_key *key);
uint32_t win32_is_in_subnet(struct network *self, uint64_t interface_luid, const struct ip *ip,
                            bool *is_in);

uint32_t win32_get_route(struct network *self, const struct route_key *key,
                         struct route_settings *settings);
uint32_t win32_create_route(struct network *self, const struct route_key *key,
                            const struct route_settings *settings);
uint32_t win32_set_route(struct network *self, const struct route_key *key,
                         const struct route_settings *settings);
uint32_t win32_delete_route(struct network *self, const struct route_key *key);
uint32_t win32_has_default_route(struct network *self, uint64_t interface_luid, uint16_t family,
                                 bool *has);

uint32_t win32_get_metric(struct network *self, uint64_t interface_luid, uint16_t family,
                          struct interface_metric *metric);
uint32_t win32_set_metric(struct network *self, uint64_t interface_luid, uint16_t family,
                          const struct interface_metric *metric);
uint32_t win32_get_mtu(struct network *self, uint64_t interface_luid, uint16_t family,
                       uint32_t *mtu);
uint32_t win32_set_mtu(struct network *self, uint64_t interface_luid, uint16_t family,
                       uint32_t mtu);
uint32_t win32_flush_neighbors(struct network *self, uint64_t interface_luid, uint16_t family);

#endif
