/* SPDX-License-Identifier: MIT */
#include "fakes/memory/rows.h"

#include <stddef.h>
#include <stdlib.h>

static struct fake_machine *dns_client_machine(struct dns_client *self)
{
    return (struct fake_machine *)(void *)((char *)self -
                                           offsetof(struct fake_machine, dns_client));
}

static void apply(struct dns_client *self, bool group_policy)
{
    struct fake_machine *machine = dns_client_machine(self);
    HOLD(machine);
    enter(machine, APPLY);
    if (group_policy)
        enter(machine, APPLY_POLICY);
    if (step(machine, APPLY))
        return;
    machine->is_dns_untold = false;
    step(machine, APPLY);
}

void dns_client_open(struct dns_client *client)
{
    client->apply = apply;
}
