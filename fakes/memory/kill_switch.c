/* SPDX-License-Identifier: MIT */
/* The kill switch of the machine. Each operation is one step, as a transaction is. */
#include "fakes/memory/rows.h"

#include "base/errors.h"

#include <stddef.h>
#include <stdlib.h>

static struct fake_machine *kill_switch_machine(struct kill_switch_engine *self)
{
    return (struct fake_machine *)(void *)((char *)self -
                                           offsetof(struct fake_machine, kill_switch));
}

static bool conditions_equal(const struct filter_condition *a, const struct filter_condition *b)
{
    if (a->field != b->field || a->match != b->match)
        return false;
    if (a->field == FIELD_LOCAL_ADDRESS || a->field == FIELD_REMOTE_ADDRESS)
        return a->range.length == b->range.length &&
               memcmp(&a->range.ip, &b->range.ip, sizeof(a->range.ip)) == 0;
    return a->value == b->value;
}

static bool filters_equal(const struct kill_switch_filter *a, const struct kill_switch_filter *b)
{
    const struct filter *f = &a->filter, *g = &b->filter;
    bool equal = a->role == b->role && a->index == b->index && a->lifetime == b->lifetime &&
                 f->layer == g->layer && f->action == g->action && f->weight == g->weight &&
                 f->condition_count == g->condition_count;
    for (size_t i = 0; equal && i < f->condition_count; i++)
        equal = conditions_equal(&f->conditions[i], &g->conditions[i]);
    return equal;
}

static bool has_filter(const struct kill_switch_plan *plan, const struct kill_switch_filter *filter)
{
    size_t i = 0;
    while (i < plan->count && !filters_equal(&plan->filters[i], filter))
        i++;
    return i < plan->count;
}

static bool plans_equal(const struct kill_switch_plan *a, const struct kill_switch_plan *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++)
        equal = has_filter(b, &a->filters[i]);
    return equal;
}

bool kill_switch_rows_equal(const struct kill_switch_rows *a, const struct kill_switch_rows *b)
{
    return !a || !b ? a == b
                    : a->found.record.size == b->found.record.size &&
                          memcmp(a->found.record.bytes, b->found.record.bytes,
                                 a->found.record.size) == 0 &&
                          plans_equal(&a->plan, &b->plan);
}

static uint32_t engine_read(struct kill_switch_engine *self, struct kill_switch_found *found)
{
    struct fake_machine *machine = kill_switch_machine(self);
    HOLD(machine);
    uint32_t error = enter(machine, READ_KILL_SWITCH);
    *found = (struct kill_switch_found){0};
    if (!error && machine->kill_switch_rows)
        *found = machine->kill_switch_rows->found;
    return error;
}

static uint32_t engine_compare(struct kill_switch_engine *self, const struct kill_switch_plan *plan,
                               struct kill_switch_comparison *comparison)
{
    struct fake_machine *machine = kill_switch_machine(self);
    HOLD(machine);
    uint32_t error = enter(machine, COMPARE_KILL_SWITCH);
    *comparison = (struct kill_switch_comparison){
        .is_whole = !error && machine->kill_switch_rows &&
                    plans_equal(&machine->kill_switch_rows->plan, plan),
    };
    return error;
}

static uint32_t engine_change(struct kill_switch_engine *self, enum operation operation,
                              struct kill_switch_rows *rows)
{
    struct fake_machine *machine = kill_switch_machine(self);
    HOLD(machine);
    uint32_t error = enter(machine, operation);
    if (!error)
        error = step(machine, operation);
    if (error) {
        free(rows);
        return error;
    }
    free(machine->kill_switch_rows);
    machine->kill_switch_rows = rows;
    return step(machine, operation);
}

static uint32_t engine_replace(struct kill_switch_engine *self, const struct kill_switch_plan *plan,
                               const struct kill_switch_record *record, enum kill_switch_wish wish)
{
    if (wish == KILL_SWITCH_KEEP && !kill_switch_machine(self)->kill_switch_rows)
        return ERROR_NOT_FOUND;
    struct kill_switch_rows *rows = allocate(sizeof(*rows));
    rows->found.is_up = true;
    rows->found.record = *record;
    rows->plan = *plan;
    return engine_change(self, REPLACE_KILL_SWITCH, rows);
}

static uint32_t engine_remove(struct kill_switch_engine *self)
{
    return engine_change(self, REMOVE_KILL_SWITCH, NULL);
}

static bool engine_has_openvpn(struct kill_switch_engine *self)
{
    return !kill_switch_machine(self)->lacks_openvpn;
}

void kill_switch_open(struct kill_switch_engine *engine)
{
    *engine = (struct kill_switch_engine){
        .read = engine_read,
        .compare = engine_compare,
        .replace = engine_replace,
        .remove = engine_remove,
        .has_openvpn = engine_has_openvpn,
    };
}

void kill_switch_end_static(struct fake_machine *machine)
{
    struct kill_switch_plan *plan =
        machine->kill_switch_rows ? &machine->kill_switch_rows->plan : NULL;
    size_t kept = 0;
    for (size_t i = 0; plan && i < plan->count; i++)
        if (plan->filters[i].lifetime != FILTER_STATIC)
            plan->filters[kept++] = plan->filters[i];
    if (plan)
        plan->count = kept;
}

/* ---- for tests ---- */

struct kill_switch_engine *machine_kill_switch(struct fake_machine *machine)
{
    return &machine->kill_switch;
}

const struct kill_switch_plan *machine_filters(const struct fake_machine *machine)
{
    return machine->kill_switch_rows ? &machine->kill_switch_rows->plan : NULL;
}

void machine_remove_filter(struct fake_machine *machine, size_t nth)
{
    HOLD(machine);
    struct kill_switch_plan *plan = &machine->kill_switch_rows->plan;
    plan->filters[nth] = plan->filters[--plan->count];
}

void machine_set_record(struct fake_machine *machine, const void *record, size_t size)
{
    HOLD(machine);
    struct kill_switch_record *kept = &machine->kill_switch_rows->found.record;
    kept->size = size;
    memcpy(kept->bytes, record, size);
}

void machine_disable_kill_switch(struct fake_machine *machine)
{
    HOLD(machine);
    machine->kill_switch_rows->found.is_disabled = true;
}

void machine_lack_openvpn(struct fake_machine *machine, bool lacks)
{
    HOLD(machine);
    machine->lacks_openvpn = lacks;
}

void machine_remove_kill_switch(struct fake_machine *machine)
{
    HOLD(machine);
    free(machine->kill_switch_rows);
    machine->kill_switch_rows = NULL;
}

void machine_restart_engine(struct fake_machine *machine)
{
    HOLD(machine);
    kill_switch_end_static(machine);
}
