/* SPDX-License-Identifier: MIT */
/* adapters.h: the registry keys that every network adapter has. */
#ifndef FAKES_REGISTRY_ADAPTERS_H
#define FAKES_REGISTRY_ADAPTERS_H

#include "machine.h"
#include "places.h"

enum { ADAPTER_GUID = 39 };

/* "{5E1D0002-...}" */
void adapter_guid(const struct interface_row *adapter, wchar_t text[ADAPTER_GUID]);

enum adapter_key {
    ADAPTER_IPV4,  /* Tcpip\Parameters\Interfaces\{GUID} */
    ADAPTER_IPV6,  /* Tcpip6\Parameters\Interfaces\{GUID} */
    ADAPTER_NETBT, /* NetBT\Parameters\Interfaces\Tcpip_{GUID} */
    ADAPTER_CLASS  /* Control\Class\{4d36e972-...}\<index, four digits> */
};

void adapter_key(const struct interface_row *adapter, enum adapter_key which,
                 wchar_t path[REGISTRY_PATH]);

/* The keys of an installed adapter: its class key with ComponentId and NetCfgInstanceId, and
 * interface keys for DHCP. The loopback interface, which has no component id, has none. */
void adapter_add_keys(const wchar_t *folder, const struct interface_row *adapter);
void adapter_delete_keys(const wchar_t *folder, const struct interface_row *adapter);

#endif
