/* SPDX-License-Identifier: MIT */
/* The service dies at any step of a change of a search list and of the recovery from that: the list
 * must end as it was, and living sessions must keep their domains. */
#include "tests/unit/channel_machine.h"

#include "base/errors.h"
#include "resource/resources.h"
#include "resource/search_domains.h"
#include "undo/claims.h"

#include <string.h>
#include <sys/time.h>

#define VPN_KEY  TCPIP u"\\Interfaces\\" VPN_GUID
#define KIND     search_domains_kind
#define DOMAINS  "a.example,b.example,a.example"
#define DOMAINS_ u"a.example,b.example,a.example"

static const struct bytes absent = {NULL, 0};

/* ---- the lists ---- */

static void use_list_of_machine(void)
{
}

static void use_list_of_policy(void)
{
    machine_set_text(machine, POLICY, u"SearchList", u"policy.example");
}

static void use_no_list(void)
{
    machine_remove_value(machine, TCPIP, u"SearchList");
}

static void use_empty_list(void)
{
    use_no_list();
    machine_set_text(machine, VPN_KEY, u"SearchList", u"");
}

static void use_list_of_interface(void)
{
    use_no_list();
    machine_set_text(machine, VPN_KEY, u"SearchList", u"vpn.example");
}

/* A list of the user that has the same domains already. */
static void use_list_with_same_domains(void)
{
    machine_set_text(machine, TCPIP, u"SearchList", u"b.example,user.example," DOMAINS_);
}

static void (*const lists[])(void) = {use_list_of_machine,   use_list_of_policy,
                                      use_no_list,           use_empty_list,
                                      use_list_of_interface, use_list_with_same_domains};

/* Another instance of the service, which has a ledger of its own. */
static struct ledger *neighbour_ledger;
static struct channel neighbour;

static const char *const domains_of_neighbour[] = {"", DOMAINS, "b.example", "c.example"};

static void set_up_lists(void (*use)(void), const char *domains)
{
    const struct channel_options options = {.process_id = 5555, .vpn_adapters = u"*"};
    use();
    remember();
    neighbour_ledger = resources_ledger_create(network, NULL, NULL);
    assert_non_null(neighbour_ledger);
    channel_open(&neighbour, neighbour_ledger, network, &client_layout, &options);
    if (*domains)
        assert_int_equal(send_dns(&neighbour, VPN_NAME, FAMILY_IPV4, "", domains), 0);
}

static void tear_down_lists(void)
{
    channel_close(&neighbour);
    assert_unchanged();
    ledger_destroy(neighbour_ledger);
    tear_down_machine(NULL);
    set_up_machine(NULL);
}

/* ---- processes ---- */

static unsigned steps, last_step;

static bool count_step(void *context, const char *operation)
{
    (void)context;
    (void)operation;
    return ++steps != last_step;
}

static void die_at(unsigned step)
{
    steps = 0;
    last_step = step;
    machine_set_step(machine, count_step, NULL);
}

static bool revive(void)
{
    bool has_died = last_step && steps >= last_step;
    machine_set_step(machine, NULL, NULL);
    machine_restart_process(machine);
    return has_died;
}

/* What the session has in the list, as the ledger would store it. */
static unsigned char key_bytes[SEARCH_LIST_KEY_CAPACITY];
static struct bytes key;
static struct state share;

static void make_share(void)
{
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "", DOMAINS), 0);
    const struct resource *resource = channel.session.newest->resource;
    assert_ptr_equal(resource->kind, &KIND);
    assert_int_equal(state_set(&share, state_bytes(&resource->combined)), 0);
    memcpy(key_bytes, resource->key.at, resource->key.size);
    key = (struct bytes){key_bytes, resource->key.size};
    channel_close(&channel);
}

/* What the recovery does with an entry of which it is unknown whether the change was made. */
static void recover(struct bytes from, struct bytes to)
{
    CLEANUP_STATE struct state found = {0};
    if (!KIND.shares->find(network, key, to.size ? to : from, NULL, 0, &found) && found.size)
        KIND.change(network, key, state_bytes(&found), absent);
    resources_clean_up(ledger, network);
}

static void assert_recovered(const struct fake_machine *expected, struct bytes from,
                             struct bytes to, const char *what)
{
    recover(from, to);
    if (!machine_equal(expected, machine))
        fail_msg("%s: not as it was", what);
}

/* Dies at each step of the change, and then at each step of the recovery. */
static unsigned die_during(const struct fake_machine *expected, struct bytes from, struct bytes to)
{
    unsigned deaths = 0;
    for (unsigned first = 1, is_alive = 0; !is_alive; first++) {
        for (unsigned second = 1, is_whole = 0; !is_whole; second++, deaths++) {
            CLEANUP_STATE struct state now = {0};
            char what[80];
            struct bytes there = from;
            if (from.size) {
                assert_int_equal(KIND.change(network, key, absent, from), 0);
                state_set(&now, from);
                assert_int_equal(KIND.probe(network, key, &now), 0);
                there = state_bytes(&now);
            }
            die_at(first);
            KIND.change(network, key, there, to);
            is_alive = !revive();
            die_at(second);
            recover(there, to);
            is_whole = !revive();
            snprintf(what, sizeof(what), "died at step %u, then at step %u", first, second);
            assert_recovered(expected, there, to, what);
        }
    }
    return deaths;
}

static void each_list(bool is_removal)
{
    unsigned deaths = 0;
    for (size_t i = 0; i < ARRAY_COUNT(lists); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(domains_of_neighbour); j++) {
            set_up_lists(lists[i], domains_of_neighbour[j]);
            make_share();
            struct fake_machine *expected = machine_snapshot(machine);
            deaths += is_removal ? die_during(expected, state_bytes(&share), absent)
                                 : die_during(expected, absent, state_bytes(&share));
            machine_destroy(expected);
            state_drop(&share);
            tear_down_lists();
        }
    }
    assert_true(deaths > 100);
}

static void test_an_interrupted_addition_is_undone_if_it_was_made(void **state)
{
    (void)state;
    each_list(false);
}

static void test_an_interrupted_removal_is_made_if_it_was_not(void **state)
{
    (void)state;
    each_list(true);
}

static void test_a_list_that_is_written_anew_loses_nothing_to_the_session(void **state)
{
    (void)state;
    set_up_lists(use_list_with_same_domains, "");
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "", DOMAINS), 0);
    machine_set_text(machine, TCPIP, u"SearchList", u"b.example,user.example," DOMAINS_);
    channel_close(&channel);
    assert_unchanged();
    tear_down_lists();
}

static void test_a_cleanup_does_not_cut_a_list_that_another_program_has_written(void **state)
{
    static const char written[] = "corp.example.org,mine.example";
    (void)state;
    machine_set_text(machine, TCPIP, u"InitialSearchList", u"corp.example");
    machine_set_text(machine, TCPIP, u"SearchList", u"corp.example.org,mine.example");
    assert_int_equal(resources_clean_up(ledger, network), 0);
    assert_value(TCPIP, u"SearchList", written);
    assert_no_value(TCPIP, u"InitialSearchList");
    remember();
}

/* Dies at each step: the process that restores the list notifies the DNS client, even if another
 * one may have written the list. */
static void test_the_process_that_cleans_up_notifies_the_dns_client(void **state)
{
    bool is_whole = false;
    (void)state;
    for (unsigned step = 1; !is_whole; step++) {
        machine_set_text(machine, TCPIP, u"InitialSearchList", u"corp.example");
        machine_set_text(machine, TCPIP, u"SearchList", u"corp.example,left.example");
        die_at(step);
        resources_clean_up(ledger, network);
        is_whole = !revive();
        network->dns_client->unapplied = 0; /* the other process knows nothing of that */
        resources_clean_up(ledger, network);
        assert_value(TCPIP, u"SearchList", "corp.example");
        assert_no_value(TCPIP, u"InitialSearchList");
        assert_true(machine_dns_is_notified(machine));
    }
    remember();
}

static void test_a_cleanup_that_cannot_read_a_list_reports_it(void **state)
{
    bool is_done = false;
    (void)state;
    for (unsigned nth = 1; !is_done; nth++) {
        machine_set_text(machine, TCPIP, u"InitialSearchList", u"corp.example");
        machine_set_text(machine, TCPIP, u"SearchList", u"corp.example,left.example");
        machine_fail(machine, "get_value", nth, ERROR_ACCESS_DENIED);
        unsigned calls = machine_calls(machine, "get_value");
        uint32_t error = resources_clean_up(ledger, network);
        is_done = machine_calls(machine, "get_value") - calls < nth;
        machine_clear_faults(machine);
        if (!error)
            assert_value(TCPIP, u"SearchList", "corp.example");
    }
    remember();
}

static void test_ids_begin_with_the_time(void **state)
{
    struct timeval now;
    (void)state;
    assert_int_equal(gettimeofday(&now, NULL), 0);
    const uint64_t milliseconds = (uint64_t)now.tv_sec * 1000;
    assert_in_range(channel.session.id >> 22, milliseconds - 3600000, milliseconds + 3600000);
    assert_true(other.session.id > channel.session.id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_interrupted_addition_is_undone_if_it_was_made),
        TEST(test_an_interrupted_removal_is_made_if_it_was_not),
        TEST(test_a_list_that_is_written_anew_loses_nothing_to_the_session),
        TEST(test_a_cleanup_does_not_cut_a_list_that_another_program_has_written),
        TEST(test_the_process_that_cleans_up_notifies_the_dns_client),
        TEST(test_a_cleanup_that_cannot_read_a_list_reports_it),
        TEST(test_ids_begin_with_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
