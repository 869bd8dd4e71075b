/* SPDX-License-Identifier: MIT */
/* Two instances of the service on one machine: what one has made is never what the other one puts
 * back in the end (undo/others.h). */
#include "fakes/memory/journal_file.h"
#include "fakes/memory/other_journals.h"
#include "resource/resources.h"
#include "tests/unit/channel_machine.h"

#include "base/errors.h"

enum { INSTANCES = 2 };

static struct instance {
    struct fake_file *file;
    struct other_journals *others;
    struct journal *journal;
    struct ledger *ledger;
    struct channel channel;
    bool is_running;
} instances[INSTANCES];

static struct fake_folder *folder;

/* ---- instances ---- */

static void start(unsigned number)
{
    struct instance *instance = &instances[number];
    struct channel_options options = {.process_id = 6000 + number, .vpn_adapters = u"*"};
    struct journal_report report;
    struct ledger_summary summary;
    uint32_t clean_up_error;
    machine_be_process(number);
    const struct journal_options where = {fake_file_open(instance->file), 1};
    assert_int_equal(journal_open(&where, &instance->journal, &report), 0);
    instance->ledger = resources_ledger_create(network, instance->journal, instance->others);
    assert_non_null(instance->ledger);
    assert_int_equal(resources_recover(instance->ledger, network, &summary, &clean_up_error), 0);
    channel_open(&instance->channel, instance->ledger, network, &client_layout, &options);
    instance->is_running = true;
    machine_be_process(0);
}

static bool never(void *context)
{
    (void)context;
    return false;
}

static bool never_at(void *context, const char *operation)
{
    (void)operation;
    return never(context);
}

/* Its process dies, and nothing that its code still does has an effect. */
static void crash(unsigned number)
{
    struct instance *instance = &instances[number];
    machine_be_process(number);
    machine_set_step(machine, never_at, NULL);
    fake_file_watch(instance->file, never, NULL);
    channel_close(&instance->channel);
    ledger_destroy(instance->ledger);
    journal_close(instance->journal);
    machine_set_step(machine, NULL, NULL);
    machine_restart_process(machine);
    fake_file_watch(instance->file, NULL, NULL);
    instance->is_running = false;
    machine_be_process(0);
}

static void stop(unsigned number)
{
    struct instance *instance = &instances[number];
    channel_close(&instance->channel);
    assert_int_equal(resources_retry(instance->ledger, network), 0);
    ledger_destroy(instance->ledger);
    journal_close(instance->journal);
    instance->is_running = false;
}

static int set_up_instances(void **state)
{
    if (set_up_machine_for_any_adapter(state))
        return -1;
    folder = fake_folder_create();
    machine_set_openvpn(machine, (uint32_t)EVERY_PROCESS);
    for (unsigned i = 0; i < INSTANCES; i++) {
        instances[i].file = fake_file_create();
        instances[i].others = fake_folder_add(folder, instances[i].file);
    }
    start(0);
    start(1);
    return 0;
}

static int tear_down_instances(void **state)
{
    for (unsigned i = 0; i < INSTANCES; i++)
        if (instances[i].is_running)
            stop(i);
    for (unsigned i = 0; i < INSTANCES; i++)
        fake_file_destroy(instances[i].file);
    fake_folder_destroy(folder);
    return tear_down_machine(state);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_instances, tear_down_instances)

static uint32_t send_to(unsigned number, const struct message *message)
{
    return client_send(&instances[number].channel, message);
}

static void end_session(unsigned number)
{
    channel_close(&instances[number].channel);
    resources_retry(instances[number].ledger, network);
}

/* ---- routes ---- */

static struct message default_route(enum message_kind kind)
{
    return route_message(kind, POPULATED_ETHERNET, V4(0, 0, 0, 0), 0, V4(10, 66, 66, 66), 1);
}

static struct message tunnel_route(enum message_kind kind)
{
    return route_message(kind, POPULATED_VPN, V4(10, 20, 0, 0), 16, V4(10, 8, 0, 1), 7);
}

static void test_a_route_of_another_instance_cannot_be_deleted(void **state)
{
    const struct message add = default_route(MESSAGE_ADD_ROUTE);
    const struct message delete = default_route(MESSAGE_DELETE_ROUTE);
    (void)state;
    assert_int_equal(send_to(0, &add), 0);
    assert_int_equal(send_to(1, &delete), ERROR_ACCESS_DENIED);
    end_session(0);
    end_session(1);
    assert_unchanged();
}

/* Another program's, through the gateway of the Ethernet. */
static struct message host_route(enum message_kind kind, uint8_t last)
{
    return route_message(kind, POPULATED_ETHERNET, V4(203, 0, 113, last), 32, V4(192, 168, 1, 1),
                         7);
}

static void have_host_route(uint8_t last)
{
    const struct route_settings settings = {.metric = 7, .protocol = 3};
    struct route_key key = {.prefix = {FAMILY_IPV4, {203, 0, 113, last}},
                            .prefix_length = 32,
                            .next_hop = {FAMILY_IPV4, {192, 168, 1, 1}}};
    assert_int_equal(network->find_interface(network, POPULATED_ETHERNET, "", &key.interface_luid),
                     0);
    assert_int_equal(network->create_route(network, &key, &settings), 0);
}

static void delete_host_route(unsigned number, uint8_t last)
{
    const struct message delete = host_route(MESSAGE_DELETE_ROUTE, last);
    assert_int_equal(send_to(number, &delete), 0);
}

static void test_a_route_waits_for_the_address_that_another_instance_deleted(void **state)
{
    const struct message delete =
        address_message(MESSAGE_DELETE_ADDRESS, POPULATED_ETHERNET, V4(192, 168, 1, 23), 24);
    (void)state;
    have_host_route(5);
    remember();
    assert_int_equal(send_to(1, &delete), 0);
    delete_host_route(0, 5);
    assert_int_equal(channel_close(&instances[0].channel), 1);
    crash(1);
    assert_int_equal(resources_retry(instances[0].ledger, network), 1);
    start(1);
    assert_int_equal(resources_retry(instances[0].ledger, network), 0);
    assert_unchanged();
}

static void test_instances_do_not_wait_for_what_hinders_both(void **state)
{
    const struct address_settings settings = {.prefix_length = 24, .prefix_origin = 1};
    struct address_key home = {.address = {FAMILY_IPV4, {192, 168, 1, 23}}}, office = home;
    office.address = (struct ip){FAMILY_IPV4, {172, 16, 5, 9}};
    (void)state;
    have_host_route(5);
    have_host_route(6);
    delete_host_route(0, 5);
    delete_host_route(1, 6);
    assert_int_equal(network->find_interface(network, POPULATED_ETHERNET, "", &home.interface_luid),
                     0);
    office.interface_luid = home.interface_luid;
    assert_int_equal(network->delete_address(network, &home), 0);
    assert_int_equal(network->create_address(network, &office, &settings), 0);
    remember();
    assert_int_equal(channel_close(&instances[0].channel), 1);
    assert_int_equal(channel_close(&instances[1].channel), 0);
    assert_int_equal(resources_retry(instances[0].ledger, network), 0);
    assert_unchanged();
}

static void test_a_route_that_both_want_goes_with_the_last(void **state)
{
    const struct message add = tunnel_route(MESSAGE_ADD_ROUTE);
    const struct message delete = tunnel_route(MESSAGE_DELETE_ROUTE);
    (void)state;
    for (unsigned first = 0; first < INSTANCES; first++) {
        assert_int_equal(send_to(0, &add), 0);
        assert_int_equal(send_to(1, &add), 0);
        end_session(first);
        assert_false(machine_compare(before, machine, NULL) == 0);
        assert_int_equal(send_to(1 - first, &delete), 0);
        assert_unchanged();
        end_session(1 - first);
    }
}

/* One has deleted the user's route, and another one has put its own in the place. */
static void test_what_one_has_deleted_comes_back_after_the_other_has_added_it(void **state)
{
    const struct message delete = route_message(MESSAGE_DELETE_ROUTE, POPULATED_ETHERNET,
                                                V4(0, 0, 0, 0), 0, V4(192, 168, 1, 1), -1);
    const struct message add = route_message(MESSAGE_ADD_ROUTE, POPULATED_ETHERNET, V4(0, 0, 0, 0),
                                             0, V4(192, 168, 1, 1), 500);
    (void)state;
    for (unsigned first = 0; first < INSTANCES; first++) {
        assert_int_equal(send_to(0, &delete), 0);
        assert_int_equal(send_to(1, &add), 0);
        end_session(first);
        end_session(1 - first);
        assert_unchanged();
    }
}

/* ---- name servers ---- */

static uint32_t set_servers(unsigned number, const char *servers)
{
    const struct message message = dns_message(MESSAGE_ADD_DNS, TAP_NAME, FAMILY_IPV4, servers, "");
    return send_to(number, &message);
}

#define OF_TAP TCPIP u"\\Interfaces\\" TAP_GUID

static void test_name_servers_of_the_living_one_stay(void **state)
{
    (void)state;
    for (unsigned first = 0; first < INSTANCES; first++) {
        assert_int_equal(set_servers(0, "10.1.1.1"), 0);
        assert_int_equal(set_servers(1, "10.2.2.2"), 0);
        end_session(first);
        assert_value(OF_TAP, u"NameServer", first ? "10.1.1.1" : "10.2.2.2");
        end_session(1 - first);
        assert_unchanged();
    }
}

static void test_the_same_name_servers_stay_as_long_as_one_wants_them(void **state)
{
    (void)state;
    for (unsigned first = 0; first < INSTANCES; first++) {
        assert_int_equal(set_servers(0, "10.1.1.1"), 0);
        assert_int_equal(set_servers(1, "10.1.1.1"), 0);
        end_session(first);
        assert_value(OF_TAP, u"NameServer", "10.1.1.1");
        end_session(1 - first);
        assert_unchanged();
    }
}

/* The newer one of a stack ends without a change, since the other instance's servers were there. */
static void test_what_an_instance_wants_is_known_when_a_claim_ends_without_a_change(void **state)
{
    struct channel second;
    const struct channel_options options = {.process_id = 6100, .vpn_adapters = u"*"};
    const struct message servers =
        dns_message(MESSAGE_ADD_DNS, TAP_NAME, FAMILY_IPV4, "10.3.3.3", "");
    (void)state;
    channel_open(&second, instances[0].ledger, network, &client_layout, &options);
    assert_int_equal(set_servers(0, "10.1.1.1"), 0);
    assert_int_equal(client_send(&second, &servers), 0);
    assert_int_equal(set_servers(1, "10.1.1.1"), 0);
    channel_close(&second); /* finds what is to be put back */
    end_session(1);
    assert_value(OF_TAP, u"NameServer", "10.1.1.1");
    end_session(0);
    assert_unchanged();
}

static void test_a_dead_instance_is_put_back_whoever_comes_first(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(set_servers(0, "10.1.1.1"), 0);
        crash(0);
        assert_int_equal(set_servers(1, "10.2.2.2"), 0);
        if (i)
            end_session(1);
        start(0);
        end_session(1);
        assert_unchanged();
    }
}

static void test_after_sleep_the_newer_ones_servers_stay(void **state)
{
    struct ledger_summary summary;
    (void)state;
    assert_int_equal(set_servers(0, "10.1.1.1"), 0);
    assert_int_equal(set_servers(1, "10.2.2.2"), 0);
    resources_verify(instances[0].ledger, network, &summary);
    assert_value(OF_TAP, u"NameServer", "10.2.2.2");
    end_session(0);
    end_session(1);
    assert_unchanged();
}

/* ---- search domains ---- */

static uint32_t set_domains(unsigned number, const char *domains)
{
    const struct message message = dns_message(MESSAGE_ADD_DNS, TAP_NAME, FAMILY_IPV4, "", domains);
    return send_to(number, &message);
}

#define OLD_LIST "corp.example,example.net"

static void test_equal_domains_of_two_go_with_each(void **state)
{
    (void)state;
    for (unsigned first = 0; first < INSTANCES; first++) {
        assert_int_equal(set_domains(0, "evil.example"), 0);
        assert_int_equal(set_domains(1, "evil.example"), 0);
        assert_value(TCPIP, u"SearchList", OLD_LIST ",evil.example,evil.example");
        end_session(first);
        assert_value(TCPIP, u"SearchList", OLD_LIST ",evil.example");
        end_session(1 - first);
        assert_unchanged();
    }
}

static unsigned steps_left;

static bool count_down(void *context)
{
    (void)context;
    return steps_left && --steps_left;
}

static bool count_down_at(void *context, const char *operation)
{
    (void)operation;
    return count_down(context);
}

/* It dies at any step of adding its domain, and the other one adds the same before it is back. */
static void test_a_domain_of_a_dead_instance_is_not_taken_from_the_living(void **state)
{
    bool has_died = true;
    (void)state;
    for (unsigned step = 1; has_died; step++) {
        machine_be_process(0);
        steps_left = step;
        machine_set_step(machine, count_down_at, NULL);
        fake_file_watch(instances[0].file, count_down, NULL);
        set_domains(0, "evil.example");
        has_died = !steps_left;
        crash(0);
        machine_be_process(1);
        assert_int_equal(set_domains(1, "evil.example"), 0);
        start(0);
        assert_value(TCPIP, u"SearchList", OLD_LIST ",evil.example");
        machine_be_process(1);
        end_session(1);
        machine_be_process(0);
        assert_unchanged();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_route_of_another_instance_cannot_be_deleted),
        TEST(test_a_route_waits_for_the_address_that_another_instance_deleted),
        TEST(test_instances_do_not_wait_for_what_hinders_both),
        TEST(test_a_route_that_both_want_goes_with_the_last),
        TEST(test_what_one_has_deleted_comes_back_after_the_other_has_added_it),
        TEST(test_name_servers_of_the_living_one_stay),
        TEST(test_the_same_name_servers_stay_as_long_as_one_wants_them),
        TEST(test_what_an_instance_wants_is_known_when_a_claim_ends_without_a_change),
        TEST(test_a_dead_instance_is_put_back_whoever_comes_first),
        TEST(test_after_sleep_the_newer_ones_servers_stay),
        TEST(test_equal_domains_of_two_go_with_each),
        TEST(test_a_domain_of_a_dead_instance_is_not_taken_from_the_living),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
