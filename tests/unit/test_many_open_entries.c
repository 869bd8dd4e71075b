/* SPDX-License-Identifier: MIT */
/* Thousands of changes cannot be undone: other sessions must not become slow because of them. */
#include "fakes/memory/journal_file.h"
#include "resource/resources.h"
#include "tests/unit/channel_client.h"

#include "base/errors.h"
#include "base/log.h"

enum { LEFT = 4000, SESSIONS = 50 };

static struct fake_machine *machine;
static struct network *network;
static struct ledger *ledger;
static uint32_t (*real_delete)(struct network *, const struct route_key *);
static unsigned refused;

static uint32_t refuse_to_delete(struct network *self, const struct route_key *key)
{
    (void)self;
    (void)key;
    refused++;
    return ERROR_ACCESS_DENIED;
}

static void discard_log(const struct log_line *line)
{
    (void)line;
}

static struct message own_route(unsigned number)
{
    return route_message(MESSAGE_ADD_ROUTE, POPULATED_VPN,
                         V4(20, (uint8_t)(number >> 8), (uint8_t)number, 0), 24, V4(10, 8, 0, 1),
                         7);
}

static void begin(struct channel *channel, unsigned first_route, unsigned routes)
{
    channel_open(channel, ledger, network, &client_layout, &client_options);
    for (unsigned i = 0; i < routes; i++) {
        const struct message message = own_route(first_route + i);
        assert_int_equal(client_send(channel, &message), 0);
    }
}

static int set_up(void **state)
{
    static struct channel channel;
    (void)state;
    log_to(discard_log);
    machine = machine_create();
    machine_populate(machine);
    network = machine_network(machine);
    ledger = resources_ledger_create(network, NULL, NULL);
    begin(&channel, 0, LEFT);
    real_delete = network->delete_route;
    network->delete_route = refuse_to_delete;
    assert_int_equal(channel_close(&channel), LEFT);
    refused = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    network->delete_route = real_delete;
    assert_int_equal(ledger_retry(ledger), 0);
    ledger_destroy(ledger);
    machine_destroy(machine);
    log_to(NULL);
    return 0;
}

static void test_an_end_tries_a_few_of_them_again(void **state)
{
    static struct channel channels[SESSIONS];
    (void)state;
    for (unsigned i = 0; i < SESSIONS; i++) {
        begin(&channels[i], LEFT + i, 1);
        channel_close(&channels[i]);
    }
    assert_int_equal(refused, SESSIONS * (1 + LEDGER_RETRIES));
    assert_int_equal(ledger_left(ledger), LEFT + SESSIONS);
}

static void test_all_are_tried_in_their_turn(void **state)
{
    struct channel channel;
    (void)state;
    network->delete_route = real_delete;
    for (unsigned i = 0; ledger_left(ledger); i++) {
        assert_true(i <= LEFT / LEDGER_RETRIES);
        begin(&channel, LEFT, 1);
        channel_close(&channel);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_an_end_tries_a_few_of_them_again),
        TEST(test_all_are_tried_in_their_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
