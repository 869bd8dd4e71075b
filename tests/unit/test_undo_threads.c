/* SPDX-License-Identifier: MIT */
/* Sessions on their own threads, over one ledger. */
#include "resource/resources.h"
#include "system/dns_client.h"
#include "tests/unit/channel_client.h"

#include "base/errors.h"
#include "base/lock.h"

#include <pthread.h>
#include <string.h>

enum { THREADS = 8, ROUNDS = 60, ROUTES = 6 };

static struct fake_machine *machine, *before;

/* A network whose create_route blocks at one route until the gate opens. */
static struct gate {
    struct network network; /* must be first: `self` points to the gate */
    struct lock lock;
    struct condition changed;
    struct route_key at;
    bool is_open, is_reached;
} gate;

static uint32_t create_route_at_gate(struct network *self, const struct route_key *key,
                                     const struct route_settings *settings)
{
    struct network *behind = machine_network(machine);
    lock_acquire(&gate.lock);
    if (self == &gate.network && memcmp(key->prefix.bytes, gate.at.prefix.bytes, 16) == 0) {
        gate.is_reached = true;
        condition_wake_all(&gate.changed);
        while (!gate.is_open)
            condition_wait(&gate.changed, &gate.lock);
    }
    lock_release(&gate.lock);
    return behind->create_route(behind, key, settings);
}

static uint32_t find_interface(struct network *self, uint32_t index, const char *alias,
                               uint64_t *luid)
{
    (void)self;
    struct network *behind = machine_network(machine);
    return behind->find_interface(behind, index, alias, luid);
}

static uint32_t get_guid(struct network *self, uint64_t luid, char16_t guid[GUID_UNITS])
{
    (void)self;
    struct network *behind = machine_network(machine);
    return behind->get_guid(behind, luid, guid);
}

static uint32_t get_route(struct network *self, const struct route_key *key,
                          struct route_settings *settings)
{
    (void)self;
    struct network *behind = machine_network(machine);
    return behind->get_route(behind, key, settings);
}

static uint32_t delete_route(struct network *self, const struct route_key *key)
{
    (void)self;
    struct network *behind = machine_network(machine);
    return behind->delete_route(behind, key);
}

/* Otherwise a deleted route would wait for its network. */
static void make_gateway_on_link(void)
{
    struct network *network = machine_network(machine);
    const struct address_settings settings = {.prefix_length = 24, .prefix_origin = 1};
    struct address_key key = {.address = {FAMILY_IPV4, {10, 8, 0, 2}}};
    assert_int_equal(network->find_interface(network, POPULATED_VPN, "", &key.interface_luid), 0);
    assert_int_equal(network->create_address(network, &key, &settings), 0);
}

static int set_up(void **state)
{
    (void)state;
    machine = machine_create();
    machine_populate(machine);
    make_gateway_on_link();
    before = machine_snapshot(machine);
    memset(&gate, 0, sizeof(gate));
    static struct dns_client dns_client; /* nothing is written for it */
    gate.network.dns_client = &dns_client;
    gate.network.create_route = create_route_at_gate;
    gate.network.find_interface = find_interface;
    gate.network.get_guid = get_guid;
    gate.network.get_route = get_route;
    gate.network.delete_route = delete_route;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    machine_destroy(before);
    machine_destroy(machine);
    return 0;
}

static struct message route(enum message_kind kind, uint8_t third, int32_t metric)
{
    return route_message(kind, POPULATED_VPN, V4(10, 20, third, 0), 24, V4(10, 8, 0, 1), metric);
}

struct session {
    pthread_t thread;
    struct channel channel;
    struct message message;
    unsigned number;
    uint32_t error;
};

static void *say_it(void *argument)
{
    struct session *session = argument;
    session->error = client_send(&session->channel, &session->message);
    return NULL;
}

static void open_gate(void)
{
    lock_acquire(&gate.lock);
    gate.is_open = true;
    condition_wake_all(&gate.changed);
    lock_release(&gate.lock);
}

static void test_slow_call_of_one_session_delays_only_those_who_want_the_same(void **state)
{
    (void)state;
    struct ledger *ledger = resources_ledger_create(&gate.network, NULL, NULL);
    struct session slow = {.message = route(MESSAGE_ADD_ROUTE, 1, 5)};
    struct session same = {.message = route(MESSAGE_ADD_ROUTE, 1, 5)};
    struct channel free_one;
    const struct message another = route(MESSAGE_ADD_ROUTE, 2, 5);
    unsigned calls = machine_calls(machine, "create_route");
    gate.at = (struct route_key){.prefix = {2, {10, 20, 1, 0}}};
    channel_open(&slow.channel, ledger, &gate.network, &client_layout, &client_options);
    channel_open(&same.channel, ledger, &gate.network, &client_layout, &client_options);
    channel_open(&free_one, ledger, &gate.network, &client_layout, &client_options);

    assert_int_equal(pthread_create(&slow.thread, NULL, say_it, &slow), 0);
    lock_acquire(&gate.lock);
    while (!gate.is_reached)
        condition_wait(&gate.changed, &gate.lock);
    lock_release(&gate.lock);
    assert_int_equal(pthread_create(&same.thread, NULL, say_it, &same), 0);

    /* `slow` is inside create_route: this hangs if it holds a lock. */
    assert_int_equal(client_send(&free_one, &another), 0);
    assert_int_equal(channel_close(&free_one), 0);
    assert_int_equal(ledger_claim_count(ledger), 0);

    open_gate();
    pthread_join(slow.thread, NULL);
    pthread_join(same.thread, NULL);
    assert_int_equal(slow.error, 0);
    assert_int_equal(same.error, 0); /* shared: it has waited and found the other session's claim */
    assert_int_equal(machine_calls(machine, "create_route"), calls + 2);
    assert_int_equal(channel_close(&slow.channel), 0);
    assert_int_equal(channel_close(&same.channel), 0);
    assert_true(machine_equal(before, machine));
    ledger_destroy(ledger);
}

static void *hammer(void *argument)
{
    struct session *session = argument;
    struct channel *channel = &session->channel;
    unsigned seed = session->number;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < ROUTES * 4; i++) {
            seed = seed * 1103515245u + 12345u;
            const struct message message =
                route(seed >> 16 & 1 ? MESSAGE_ADD_ROUTE : MESSAGE_DELETE_ROUTE,
                      (uint8_t)((seed >> 17) % ROUTES), (int32_t)(seed >> 24) % 3);
            uint32_t error = client_send(channel, &message);
            if (error && error != ERROR_NOT_FOUND && error != ERROR_OBJECT_ALREADY_EXISTS)
                session->error = error;
        }
        if (seed >> 20 & 1) {
            const struct message default_route = route_message(
                MESSAGE_DELETE_ROUTE, POPULATED_WIFI, V4(0, 0, 0, 0), 0, V4(192, 168, 1, 1), -1);
            client_send(channel, &default_route);
        }
        if (channel_close(channel))
            session->error = ERROR_GEN_FAILURE;
    }
    return NULL;
}

static void test_threads_on_the_same_routes_leave_nothing(void **state)
{
    (void)state;
    struct network *network = machine_network(machine);
    struct ledger *ledger = resources_ledger_create(network, NULL, NULL);
    struct session sessions[THREADS];
    memset(sessions, 0, sizeof(sessions));
    for (unsigned i = 0; i < THREADS; i++) {
        sessions[i].number = i + 1;
        channel_open(&sessions[i].channel, ledger, network, &client_layout, &client_options);
        assert_int_equal(pthread_create(&sessions[i].thread, NULL, hammer, &sessions[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(sessions[i].thread, NULL);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(sessions[i].error, 0);
    assert_int_equal(ledger_claim_count(ledger), 0);
    assert_true(machine_equal(before, machine));
    ledger_destroy(ledger);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_slow_call_of_one_session_delays_only_those_who_want_the_same),
        TEST(test_threads_on_the_same_routes_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
