/* SPDX-License-Identifier: MIT */
/* A recorded connection of openvpn.exe: its addresses and routes are served over a machine in
 * memory. */
#include "base/bytes.h"
#include "resource/resources.h"
#include "base/errors.h"
#include "channel/channel.h"
#include "fakes/memory/machine.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/trace_file.h"

static struct traced trace[TRACE_CAPACITY];
static size_t trace_length;

static int read_trace(void **state)
{
    (void)state;
    trace_length = trace_read(trace);
    return trace_length ? 0 : -1;
}

static struct fake_machine *machine, *before;
static struct ledger *ledger;
static struct channel channel;

static int set_up(void **state)
{
    static const struct message_layout unknown = {.machine = MACHINE_X64};
    static const struct channel_options options = {.process_id = 4242, .vpn_adapters = u"wintun"};
    (void)state;
    machine = machine_create();
    machine_populate(machine);
    before = machine_snapshot(machine);
    ledger = resources_ledger_create(machine_network(machine), NULL, NULL);
    channel_open(&channel, ledger, machine_network(machine), &unknown, &options);
    return ledger ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ledger_destroy(ledger);
    machine_destroy(before);
    machine_destroy(machine);
    return 0;
}

/* Only addresses and routes: their types are the same in every dialect. */
static bool is_served(const struct traced *request)
{
    uint32_t type = load_u32(request->bytes);
    return request->to_service && type >= 1 && type <= 4;
}

/* Serves the request at `i`; the recorded answer is the next message. */
static void serve(size_t i)
{
    unsigned char answer[ACKNOWLEDGEMENT_MAX_SIZE];
    size_t size = 0;
    assert_true(channel_serve(&channel, trace[i].bytes, trace[i].size, answer, &size));
    assert_true(i + 1 < trace_length && !trace[i + 1].to_service);
    assert_int_equal(size, trace[i + 1].size);
    assert_memory_equal(answer, trace[i + 1].bytes, size);
}

static void test_recorded_connection_ends_with_the_machine_as_before(void **state)
{
    (void)state;
    size_t served = 0, most_claims = 0;
    for (size_t i = 0; i < trace_length; i++) {
        if (!is_served(&trace[i]))
            continue;
        serve(i);
        served++;
        if (ledger_claim_count(ledger) > most_claims)
            most_claims = ledger_claim_count(ledger);
    }
    assert_int_equal(served, 12);
    assert_int_equal(most_claims, 6);
    assert_int_equal(ledger_claim_count(ledger), 0);
    assert_true(machine_equal(machine, before));
    assert_int_equal(channel_close(&channel), 0);
}

static void test_connection_cut_off_after_any_message_is_undone(void **state)
{
    (void)state;
    for (size_t last = 0; last < trace_length; last++) {
        for (size_t i = 0; i <= last; i++) {
            if (is_served(&trace[i]))
                serve(i);
        }
        assert_int_equal(channel_close(&channel), 0);
        assert_true(machine_equal(machine, before));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_recorded_connection_ends_with_the_machine_as_before),
        TEST(test_connection_cut_off_after_any_message_is_undone),
    };
    return cmocka_run_group_tests(tests, read_trace, NULL);
}
