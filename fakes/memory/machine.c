/* SPDX-License-Identifier: MIT */
#include "fakes/memory/rows.h"

#include "base/errors.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BY_ALIAS = 0xffffffff };

static const char *const operation_names[OPERATION_COUNT] = {
    "find_interface",
    "get_index",
    "get_guid",
    "get_address",
    "create_address",
    "set_address",
    "delete_address",
    "is_in_subnet",
    "get_route",
    "create_route",
    "set_route",
    "delete_route",
    "has_default_route",
    "get_metric",
    "set_metric",
    "get_mtu",
    "set_mtu",
    "flush_neighbors",
    "block",
    "get_block",
    "unblock",
    "read_kill_switch",
    "compare_kill_switch",
    "replace_kill_switch",
    "remove_kill_switch",
    "get_value",
    "set_value",
    "delete_value",
    "count",
    "list_keys",
    "create_key",
    "delete_key",
    "enter",
    "apply",
    "apply_policy",
    "flush",
    "run",
    "run_to_the_end",
    "register_dns",
};

static struct fake_machine *network_machine(struct network *self)
{
    return (struct fake_machine *)self;
}

uint32_t enter(struct fake_machine *machine, enum operation operation)
{
    unsigned call = ++machine->calls[operation];
    if (is_dead(machine))
        return ERROR_GEN_FAILURE;
    for (struct fault *fault = machine->faults; fault; fault = fault->next) {
        if (fault->operation != operation || fault->at_call != call)
            continue;
        uint32_t error = fault->error;
        LL_DELETE(machine->faults, fault);
        free(fault);
        return error;
    }
    return 0;
}

/* ---- interfaces ---- */

static uint32_t machine_find_interface(struct network *self, uint32_t index, const char *alias,
                                       uint64_t *luid)
{
    struct fake_machine *machine = network_machine(self);
    HOLD(machine);
    uint32_t error = enter(machine, FIND_INTERFACE);
    if (error)
        return error;
    for (const struct interface_row *row = machine->interfaces; row; row = row->next) {
        if (index == BY_ALIAS ? strcmp(row->interface.alias, alias) == 0
                              : row->interface.index == index) {
            *luid = row->interface.luid;
            return 0;
        }
    }
    return index == BY_ALIAS ? ERROR_INVALID_PARAMETER : ERROR_FILE_NOT_FOUND;
}

static uint32_t machine_get_index(struct network *self, uint64_t luid, uint32_t *index)
{
    struct fake_machine *machine = network_machine(self);
    HOLD(machine);
    uint32_t error = enter(machine, GET_INDEX);
    const struct interface_row *row = error ? NULL : find_interface(machine, luid);
    if (!row)
        return error ? error : ERROR_FILE_NOT_FOUND;
    *index = row->interface.index;
    return 0;
}

static uint32_t machine_get_guid(struct network *self, uint64_t luid, char16_t guid[GUID_UNITS])
{
    struct fake_machine *machine = network_machine(self);
    HOLD(machine);
    uint32_t error = enter(machine, GET_GUID);
    const struct interface_row *row = error ? NULL : find_interface(machine, luid);
    if (!row)
        return error ? error : ERROR_FILE_NOT_FOUND;
    memcpy(guid, row->guid, sizeof(row->guid));
    return 0;
}

static uint32_t machine_get_alias(struct network *self, uint64_t luid, char16_t alias[ALIAS_UNITS])
{
    struct fake_machine *machine = network_machine(self);
    HOLD(machine);
    const struct interface_row *row = find_interface(machine, luid);
    if (!row)
        return ERROR_FILE_NOT_FOUND;
    const char *name = row->interface.alias;
    alias[text_from_utf8(name, strlen(name), alias, ALIAS_UNITS - 1)] = 0;
    return 0;
}

static bool machine_is_connected(struct network *self, const char16_t *guid)
{
    struct fake_machine *machine = network_machine(self);
    HOLD(machine);
    for (const struct interface_row *row = machine->interfaces; row; row = row->next)
        if (text_equal(row->guid, guid))
            return row->is_connected && !is_dead(machine);
    return false;
}

/* ---- death ---- */

static _Thread_local unsigned process_of_thread;

void machine_be_process(unsigned process)
{
    assert(process < MACHINE_PROCESSES);
    process_of_thread = process;
}

unsigned own_process(void)
{
    return process_of_thread;
}

bool is_dead(const struct fake_machine *machine)
{
    return machine->processes[process_of_thread].is_dead;
}

uint32_t step(struct fake_machine *machine, enum operation operation)
{
    struct fake_process *process = &machine->processes[process_of_thread];
    if (!process->is_dead && process->step)
        process->is_dead = !process->step(process->step_context, operation_names[operation]);
    return process->is_dead ? ERROR_GEN_FAILURE : 0;
}

void machine_set_step(struct fake_machine *machine,
                      bool (*step_function)(void *context, const char *operation), void *context)
{
    HOLD(machine);
    machine->processes[process_of_thread].step = step_function;
    machine->processes[process_of_thread].step_context = context;
}

static void end_process(struct fake_machine *machine, unsigned process)
{
    machine->processes[process].is_dead = false;
    if (machine->entered_by == process)
        machine->is_entered = false;
    atomic_store(&machine->dns_client.unapplied, 0);
    for (struct block_row *row = machine->blocks, *next; row; row = next) {
        next = row->next;
        if (row->process == process)
            remove_block(machine, row);
    }
}

void machine_restart_process(struct fake_machine *machine)
{
    HOLD(machine);
    end_process(machine, process_of_thread);
}

bool machine_dns_is_notified(const struct fake_machine *machine)
{
    HOLD(machine);
    return !machine->is_dns_untold;
}

/* An interface that was removed stays removed. */
void machine_reboot(struct fake_machine *machine, const struct fake_machine *before)
{
    HOLD(machine);
    HOLD(before);
    for (unsigned process = 0; process < MACHINE_PROCESSES; process++)
        end_process(machine, process);
    machine->openvpn = 0;
    machine->is_dns_untold = false;
    kill_switch_end_static(machine);
    while (machine->addresses)
        remove_address(machine, machine->addresses);
    while (machine->routes)
        remove_route(machine, machine->routes);
    for (const struct address_row *row = before->addresses; row; row = row->hh.next)
        if (has_interface(machine, row->key.interface_luid))
            insert_address(machine, &row->key, &row->settings);
    for (const struct route_row *row = before->routes; row; row = row->hh.next)
        if (has_interface(machine, row->key.interface_luid))
            insert_route(machine, &row->key, &row->settings);
}

/* ---- the machine itself ---- */

struct fake_machine *machine_create(void)
{
    static const struct network operations = {
        .find_interface = machine_find_interface,
        .get_index = machine_get_index,
        .get_guid = machine_get_guid,
        .get_alias = machine_get_alias,
        .is_connected = machine_is_connected,
    };
    struct fake_machine *machine = allocate(sizeof(*machine));
    machine->network = operations;
    machine->network.firewall = &machine->firewall;
    machine->network.registry = &machine->registry;
    machine->network.programs = &machine->programs;
    machine->network.dns_client = &machine->dns_client;
    tables_open(&machine->network);
    interface_settings_open(&machine->network);
    firewall_open(&machine->firewall);
    kill_switch_open(&machine->kill_switch);
    registry_open(&machine->registry);
    programs_open(&machine->programs);
    dns_client_open(&machine->dns_client);
    return machine;
}

void machine_destroy(struct fake_machine *machine)
{
    if (!machine)
        return;
    machine_clear_faults(machine);
    while (machine->interfaces)
        machine_remove_interface(machine, machine->interfaces->interface.index);
    while (machine->blocks)
        remove_block(machine, machine->blocks);
    free(machine->kill_switch_rows);
    while (machine->keys)
        remove_key(machine, machine->keys);
    free(machine);
}

struct network *machine_network(struct fake_machine *machine)
{
    return &machine->network;
}

static struct interface_row *insert_interface(struct fake_machine *machine,
                                              const struct machine_interface *interface,
                                              const struct interface_ip ip[FAMILIES])
{
    struct interface_row *row = allocate(sizeof(*row));
    struct text guid = TEXT_ON(row->guid);
    row->interface = *interface;
    text_append_format(&guid, "{%08X-4747-4747-8000-%012X}", (unsigned)(interface->luid >> 24),
                       (unsigned)interface->index);
    for (size_t i = 0; i < FAMILIES; i++)
        row->ip[i] = ip[i];
    DL_APPEND(machine->interfaces, row);
    return row;
}

void machine_add_interface(struct fake_machine *machine, uint32_t index, uint64_t luid,
                           const char *alias)
{
    static const struct interface_ip ip[FAMILIES] = {
        {.metric = {1, AUTOMATIC_METRIC}, .mtu = 1500},
        {.metric = {1, AUTOMATIC_METRIC}, .mtu = 1500},
    };
    struct machine_interface interface = {.index = index, .luid = luid};
    snprintf(interface.alias, sizeof(interface.alias), "%s", alias);
    HOLD(machine);
    insert_interface(machine, &interface, ip);
}

void machine_replace_interface(struct fake_machine *machine, uint64_t luid)
{
    HOLD(machine);
    struct interface_row *row = find_interface(machine, luid);
    struct text guid = TEXT_ON(row->guid);
    text_append_format(&guid, "{%08X-4848-4848-8000-%012X}", (unsigned)(luid >> 24),
                       (unsigned)row->interface.index);
}

void machine_set_connected(struct fake_machine *machine, uint32_t index, bool is_connected)
{
    HOLD(machine);
    for (struct interface_row *row = machine->interfaces; row; row = row->next) {
        if (row->interface.index == index)
            row->is_connected = is_connected;
    }
}

void machine_remove_ipv6(struct fake_machine *machine, uint32_t index)
{
    HOLD(machine);
    for (struct interface_row *row = machine->interfaces; row; row = row->next) {
        if (row->interface.index == index)
            row->ip[1].is_absent = true;
    }
}

void machine_remove_ipv4(struct fake_machine *machine, uint32_t index)
{
    HOLD(machine);
    for (struct interface_row *row = machine->interfaces; row; row = row->next)
        if (row->interface.index == index)
            row->ip[0].is_absent = true;
}

void machine_remove_ip(struct fake_machine *machine, uint32_t index)
{
    HOLD(machine);
    for (struct interface_row *row = machine->interfaces; row; row = row->next)
        if (row->interface.index == index)
            row->ip[0].is_absent = row->ip[1].is_absent = true;
}

void machine_remove_interface(struct fake_machine *machine, uint32_t index)
{
    HOLD(machine);
    struct interface_row *gone = machine->interfaces;
    while (gone && gone->interface.index != index)
        gone = gone->next;
    if (!gone)
        return;
    for (struct address_row *next, *row = machine->addresses; row; row = next) {
        next = row->hh.next;
        if (row->key.interface_luid == gone->interface.luid)
            remove_address(machine, row);
    }
    for (struct route_row *next, *row = machine->routes; row; row = next) {
        next = row->hh.next;
        if (row->key.interface_luid == gone->interface.luid)
            remove_route(machine, row);
    }
    DL_DELETE(machine->interfaces, gone);
    free(gone);
}

static enum operation operation_named(const char *name)
{
    for (unsigned i = 0; i < OPERATION_COUNT; i++) {
        if (strcmp(operation_names[i], name) == 0)
            return (enum operation)i;
    }
    fprintf(stderr, "no operation %s\n", name);
    abort();
}

void machine_fail(struct fake_machine *machine, const char *operation, unsigned nth, uint32_t error)
{
    struct fault *fault = allocate(sizeof(*fault));
    HOLD(machine);
    fault->operation = operation_named(operation);
    fault->at_call = machine->calls[fault->operation] + nth;
    fault->error = error;
    LL_PREPEND(machine->faults, fault);
}

void machine_clear_faults(struct fake_machine *machine)
{
    HOLD(machine);
    while (machine->faults) {
        struct fault *fault = machine->faults;
        machine->faults = fault->next;
        free(fault);
    }
}

unsigned machine_calls(struct fake_machine *machine, const char *operation)
{
    HOLD(machine);
    return machine->calls[operation_named(operation)];
}

struct fake_machine *machine_snapshot(const struct fake_machine *machine)
{
    struct fake_machine *copy = machine_create();
    HOLD(machine);
    for (const struct interface_row *row = machine->interfaces; row; row = row->next)
        insert_interface(copy, &row->interface, row->ip)->is_connected = row->is_connected;
    for (const struct address_row *row = machine->addresses; row; row = row->hh.next)
        insert_address(copy, &row->key, &row->settings);
    for (const struct route_row *row = machine->routes; row; row = row->hh.next)
        insert_route(copy, &row->key, &row->settings);
    for (const struct block_row *row = machine->blocks; row; row = row->next)
        insert_block(copy, row->id, &row->policy);
    if (machine->kill_switch_rows) {
        copy->kill_switch_rows = allocate(sizeof(*copy->kill_switch_rows));
        *copy->kill_switch_rows = *machine->kill_switch_rows;
    }
    for (const struct key_row *row = machine->keys; row; row = row->next) {
        struct key_row *key = append_key(copy, row->path);
        for (const struct value_row *value = row->values; value; value = value->next)
            insert_value(key, value->name, value->type, value->bytes, value->size);
    }
    return copy;
}
