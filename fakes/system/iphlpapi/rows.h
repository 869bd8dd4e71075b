/* SPDX-License-Identifier: MIT */
/* rows.h: conversion between Windows' rows and the model's, and helpers of every function. */
#ifndef FAKES_IPHLPAPI_ROWS_H
#define FAKES_IPHLPAPI_ROWS_H

#include "watch.h"

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#include <netioapi.h>

#define MODEL (&watched_machine)

static inline bool is_family(ADDRESS_FAMILY family)
{
    return family == AF_INET || family == AF_INET6;
}

static inline uint8_t family_bits(ADDRESS_FAMILY family)
{
    return family == AF_INET ? 32 : 128;
}

/* False when the family is neither IPv4 nor IPv6; `ip` is zeroed then. */
bool ip_from_windows(const SOCKADDR_INET *address, struct machine_ip *ip);
void ip_to_windows(const struct machine_ip *ip, SOCKADDR_INET *address);

/* Seconds since a FILETIME. */
uint32_t seconds_since(uint64_t time);
uint64_t file_time_now(void);

/* The row's interface, by LUID or, when that is 0, by index; the lock must be held.
 * ERROR_INVALID_PARAMETER when neither is given, `missing` when there is no such interface. */
uint32_t interface_of(const NET_LUID *luid, NET_IFINDEX index, uint32_t missing,
                      const struct interface_row **adapter);

/* Whether a caller that asked for `wanted` (AF_UNSPEC: all) gets rows of `family`. */
static inline bool wants_family(ADDRESS_FAMILY wanted, uint16_t family)
{
    return wanted == AF_UNSPEC || wanted == family;
}

/* watch_begin() for a call that returns the rows of a family in `*table`. */
uint32_t table_begin(struct watch *watch, enum call call, ADDRESS_FAMILY family, const void *table);

/* A table of `count` rows for FreeMibTable(), or NULL. `rows` is the offset of the rows. */
void *table_allocate(size_t rows, size_t count, size_t row_size);

#endif
