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

static void count_search_user(struct dns_client *self, int more)
{
    struct fake_machine *machine = dns_client_machine(self);
    HOLD(machine);
    if (machine->is_dead)
        return;
    machine->search_users += more;
    if (machine->search_users < 0)
        abort();
}

static bool has_search_users(struct dns_client *self)
{
    struct fake_machine *machine = dns_client_machine(self);
    HOLD(machine);
    return machine->search_users > 0 && !machine->is_dead;
}

void dns_client_open(struct dns_client *client)
{
    client->apply = apply;
    client->count_search_user = count_search_user;
    client->has_search_users = has_search_users;
}
