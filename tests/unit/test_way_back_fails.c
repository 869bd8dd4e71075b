/* SPDX-License-Identifier: MIT */
/* A change of several steps fails in the middle, and the attempts to take back what was done of it
 * fail too. */
#include "resource/resources.h"
#include "tests/unit/one_setting.h"

#include <string.h>

enum { FIRST_CALLS = 5, LONGEST = 12, REQUESTS = 4 };

static const char *const operations[] = {"run", "run_to_the_end", "set_value", "create_key",
                                         "delete_key"};
enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

static struct message request(unsigned number)
{
    struct message message = {.kind = MESSAGE_ENABLE_DHCP, .id = 7};
    message.dhcp.interface.index = POPULATED_TAP;
    return number == 0   ? message
           : number == 1 ? crash_wins_servers()
           : number == 2 ? crash_name_servers()
                         : crash_rule();
}

/* `count` calls in a row, from the `first` one on. */
static void fail_calls(const char *operation, unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        machine_fail(world.machine, operation, first + i, ERROR_GEN_FAILURE);
}

/* When the calls fail: while the session's request is served, or at its end. */
enum moment { AT_REQUEST, AT_END, MOMENTS };

struct attempt {
    unsigned request, operation, first, count;
    enum moment moment;
    bool dies; /* the process, just after */
};

static void try(const struct attempt *attempt)
{
    const struct message message = request(attempt->request);
    crash_start(&world, 0, 1, false);
    if (attempt->moment == AT_REQUEST)
        fail_calls(operations[attempt->operation], attempt->first, attempt->count);
    client_send(&world.channels[0], &message);
    if (attempt->moment == AT_END) {
        fail_calls(operations[attempt->operation], attempt->first, attempt->count);
        end_session(0);
        world.session_count = 0;
    }
    machine_clear_faults(world.machine);
    if (attempt->dies) {
        crash_die(&world);
        crash_restart_service(&world);
    } else {
        crash_stop(&world);
    }
    if (crash_check_recovery(&world))
        return;
    fail_msg("request %u, %s of %s: calls %u to %u fail%s", attempt->request,
             attempt->moment == AT_REQUEST ? "the change" : "the undo",
             operations[attempt->operation], attempt->first, attempt->first + attempt->count - 1,
             attempt->dies ? ", then the process dies" : "");
}

static void try_each(bool dies)
{
    struct attempt at = {.dies = dies};
    for (at.request = 0; at.request < REQUESTS; at.request++)
        for (at.moment = 0; at.moment < MOMENTS; at.moment++)
            for (at.operation = 0; at.operation < OPERATIONS; at.operation++)
                for (at.first = 1; at.first <= FIRST_CALLS; at.first++)
                    for (at.count = 1; at.count <= LONGEST; at.count++)
                        try(&at);
}

static void test_the_same_process_tries_again(void **state)
{
    (void)state;
    try_each(false);
}

static void test_the_next_process_puts_it_back(void **state)
{
    (void)state;
    try_each(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_same_process_tries_again),
        TEST(test_the_next_process_puts_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
