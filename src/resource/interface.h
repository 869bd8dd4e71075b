/* SPDX-License-Identifier: MIT */
/* interface.h: what the kinds of resources of an interface have in common. Their keys begin with
 * its LUID (8 bytes). Within src/resource only. */
#ifndef RESOURCE_INTERFACE_H
#define RESOURCE_INTERFACE_H

#include "resource/fields.h"
#include "undo/ledger.h"

/* kind->identify(): the GUID of the interface, byte by byte as it is written. */
uint32_t interface_identify(void *context, struct bytes key, unsigned char at[KIND_IDENTITY_SIZE],
                            size_t *size);

/* kind->is_away(): the interface has no IP, but its adapter is installed: it is unplugged,
 * disabled, or Windows has not started it yet. */
bool interface_is_away(void *context, struct bytes key, struct bytes identity);

/* For kind->probe() after an error of the network: if the resource, its interface or the family of
 * that does not exist, `state` becomes absent and there is no error. */
uint32_t absent_if_gone(uint32_t error, struct state *state);

/* What an interface does with a family: the key of its metric and of its MTU. */
struct interface_family {
    uint64_t luid;
    uint16_t family;
};
extern const struct field_table interface_family_table;
struct interface_family interface_family_load(struct bytes key);
/* "<what> of IPv4 on interface 0006800400000000" */
void interface_family_describe(const char *what, struct bytes key, char *text, size_t size);

#endif
