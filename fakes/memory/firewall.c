/* SPDX-License-Identifier: MIT */
/* The packet filters of the machine, stored as the blocks that they belong to. */
#include "fakes/memory/rows.h"

#include "base/errors.h"

#include <stddef.h>
#include <stdlib.h>

static struct fake_machine *firewall_machine(struct firewall *self)
{
    return (struct fake_machine *)(void *)((char *)self - offsetof(struct fake_machine, firewall));
}

struct block_row *find_block(const struct fake_machine *machine, uint64_t id)
{
    struct block_row *row = machine->blocks;
    while (row && (row->id != id || row->process != own_process()))
        row = row->next;
    return row;
}

void insert_block(struct fake_machine *machine, uint64_t id, const struct firewall_policy *policy)
{
    struct block_row *row = allocate(sizeof(*row));
    row->id = id;
    row->process = own_process();
    row->policy = *policy;
    DL_APPEND(machine->blocks, row);
}

void remove_block(struct fake_machine *machine, struct block_row *row)
{
    DL_DELETE(machine->blocks, row);
    free(row);
}

static uint32_t machine_block(struct firewall *self, uint64_t id,
                              const struct firewall_policy *policy)
{
    struct fake_machine *machine = firewall_machine(self);
    HOLD(machine);
    uint32_t error = enter(machine, BLOCK);
    if (!error && find_block(machine, id))
        error = ERROR_OBJECT_ALREADY_EXISTS;
    if (!error)
        error = step(machine, BLOCK);
    if (error)
        return error;
    insert_block(machine, id, policy);
    return step(machine, BLOCK);
}

static uint32_t machine_get_block(struct firewall *self, uint64_t id,
                                  struct firewall_policy *policy)
{
    struct fake_machine *machine = firewall_machine(self);
    HOLD(machine);
    uint32_t error = enter(machine, GET_BLOCK);
    if (error)
        return error;
    const struct block_row *row = find_block(machine, id);
    if (row)
        *policy = row->policy;
    return row ? 0 : ERROR_NOT_FOUND;
}

static uint32_t machine_unblock(struct firewall *self, uint64_t id)
{
    struct fake_machine *machine = firewall_machine(self);
    HOLD(machine);
    uint32_t error = enter(machine, UNBLOCK);
    if (error)
        return error;
    struct block_row *row = find_block(machine, id);
    if (!row)
        return ERROR_NOT_FOUND;
    error = step(machine, UNBLOCK);
    if (error)
        return error;
    remove_block(machine, row);
    return step(machine, UNBLOCK);
}

void firewall_open(struct firewall *firewall)
{
    *firewall = (struct firewall){
        .block = machine_block,
        .get_block = machine_get_block,
        .unblock = machine_unblock,
    };
}
