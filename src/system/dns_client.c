/* SPDX-License-Identifier: MIT */
#include "system/dns_client.h"

#include "system/network.h"
#include "system/registry.h"

void dns_client_note(struct network *network, bool is_policy)
{
    atomic_fetch_or(&network->dns_client->unapplied,
                    is_policy ? (unsigned)UNAPPLIED_SETTINGS | UNAPPLIED_POLICY
                              : (unsigned)UNAPPLIED_SETTINGS);
}

/* Without the exclusion it is still better done than not. */
static void apply_excluding_others(struct network *network, unsigned unapplied)
{
    struct registry *registry = network->registry;
    struct dns_client *client = network->dns_client;
    uint32_t error = registry->enter(registry);
    client->apply(client, unapplied & UNAPPLIED_POLICY);
    if (!error)
        registry->leave(registry);
}

void dns_client_apply(struct network *network, bool is_always)
{
    unsigned unapplied = atomic_exchange(&network->dns_client->unapplied, 0);
    if (unapplied || is_always)
        apply_excluding_others(network, unapplied);
}
