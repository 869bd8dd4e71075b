/* SPDX-License-Identifier: MIT */
#include "system/win32/rows.h"

struct network *network_win32(struct firewall *firewall, struct registry *registry,
                              struct programs *programs, struct dns_client *dns_client)
{
    static struct network table = {
        .find_interface = win32_find_interface,
        .get_index = win32_get_index,
        .get_guid = win32_get_guid,
        .get_alias = win32_get_alias,
        .is_connected = win32_is_connected,
        .get_address = win32_get_address,
        .create_address = win32_create_address,
        .set_address = win32_set_address,
        .delete_address = win32_delete_address,
        .is_in_subnet = win32_is_in_subnet,
        .get_route = win32_get_route,
        .create_route = win32_create_route,
        .set_route = win32_set_route,
        .delete_route = win32_delete_route,
        .has_default_route = win32_has_default_route,
        .get_metric = win32_get_metric,
        .set_metric = win32_set_metric,
        .get_mtu = win32_get_mtu,
        .set_mtu = win32_set_mtu,
        .flush_neighbors = win32_flush_neighbors,
    };
    table.firewall = firewall;
    table.registry = registry;
    table.programs = programs;
    table.dns_client = dns_client;
    return &table;
}
