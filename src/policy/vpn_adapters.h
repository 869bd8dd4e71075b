/* SPDX-License-Identifier: MIT */
/* vpn_adapters.h: by which drivers an adapter counts as one of a VPN, so that a user's openvpn.exe
 * may ask for changes of it. Facts: docs/protocol.md, "VPN adapters". */
#ifndef POLICY_VPN_ADAPTERS_H
#define POLICY_VPN_ADAPTERS_H

#include <stdbool.h>
#include <uchar.h>

/* A list has component ids of network drivers (ComponentId in the driver's key) with a comma
 * between them, letter case apart; the list "*" has all of them. This one is the default of the
 * setting `vpn_adapters`. Other products' tunnels have wintun, so it is not in it. */
#define VPN_ADAPTERS_DEFAULT u"tap0901,root\\tap0901,ovpn-dco"

bool vpn_adapters_are_all(const char16_t *list);

/* Whether `component` is in a list that has not all of them. */
bool vpn_adapters_include(const char16_t *list, const char16_t *component);

/* Whether each adapter that `list` has is one that `others` has. */
bool vpn_adapters_are_among(const char16_t *list, const char16_t *others);

#endif
