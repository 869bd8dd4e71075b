/* SPDX-License-Identifier: MIT */
#include "tests/unit/keeper_machine.h"

#include <string.h>

struct fake_machine *machine, *before;
struct keeper keeper;
uint64_t tunnel, second_tunnel;
unsigned wakes, events;
bool was_woken_at_once;
static enum log_event last_event;
static char last_line[512];

const struct keeper_caller ann = {"\1\1annn", 6, false, u"CORP\\ann"},
                           ben = {"\1\1benn", 6, false, u"CORP\\ben"},
                           root = {"\1\1root", 6, true, u"CORP\\root"};

const struct firewall_start lockdown,
    gateway = {.gateways = {1, {{{FAMILY_IPV4, {198, 51, 100, 7}}, 1194, 17}}}},
    gateway_and_lan = {.allow_lan = true,
                       .gateways = {1, {{{FAMILY_IPV4, {198, 51, 100, 8}}, 0, 0}}}};

static void keep_line(const struct log_line *line)
{
    events++;
    last_event = line->event;
    snprintf(last_line, sizeof(last_line), "%s", line->text);
}

static void note_wake(void *context, bool at_once)
{
    (void)context;
    wakes++;
    was_woken_at_once = at_once;
}

void begin(void)
{
    const struct keeper_options options = {.engine = machine_kill_switch(machine),
                                           .network = machine_network(machine),
                                           .wake = note_wake};
    keeper_close(&keeper);
    keeper = (struct keeper){0};
    keeper_open(&keeper, &options);
    keeper_begin(&keeper);
}

static uint64_t luid_of(uint32_t index)
{
    struct network *network = machine_network(machine);
    uint64_t luid = 0;
    assert_int_equal(network->find_interface(network, index, NULL, &luid), 0);
    return luid;
}

int set_up_keeper(void **state)
{
    (void)state;
    machine = machine_create();
    machine_populate(machine);
    before = machine_snapshot(machine);
    tunnel = luid_of(POPULATED_TAP);
    second_tunnel = luid_of(POPULATED_VPN);
    log_to(keep_line);
    begin();
    wakes = events = 0;
    return 0;
}

int tear_down_keeper(void **state)
{
    bool was_up;
    (void)state;
    machine_clear_faults(machine);
    assert_int_equal(keeper_stop(&keeper, &root, &was_up), 0);
    assert_null(machine_filters(machine));
    keeper_close(&keeper);
    machine_destroy(before);
    machine_destroy(machine);
    return 0;
}

void start(const struct keeper_caller *caller, const struct firewall_start *what)
{
    assert_int_equal(keeper_start(&keeper, caller, what, NOW), 0);
}

struct keeper_view look(void)
{
    struct keeper_view view;
    assert_int_equal(keeper_look(&keeper, &view), 0);
    return view;
}

void assert_state(enum kill_switch_state state)
{
    const struct keeper_view view = look();
    assert_int_equal(view.state, state);
    assert_false(view.is_damaged);
    assert_int_equal(!machine_filters(machine), state == KILL_SWITCH_OFF);
}

void assert_damaged(enum kill_switch_state state)
{
    const struct keeper_view view = look();
    assert_int_equal(view.state, state);
    assert_true(view.is_damaged);
}

void assert_event(enum log_event event, const char *part)
{
    assert_int_equal(events, 1);
    assert_int_equal(last_event, event);
    if (!strstr(last_line, part))
        fail_msg("\"%s\" is not in \"%s\"", part, last_line);
    events = 0;
}

void check(void)
{
    uint32_t error;
    keeper_check(&keeper, &error);
    assert_int_equal(error, 0);
}

void assert_calls(const char *operation, unsigned calls)
{
    assert_int_equal(machine_calls(machine, operation), calls);
}
