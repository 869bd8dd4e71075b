/* SPDX-License-Identifier: MIT */
/* What others set, and what of ours they meet: neither a death nor a restart takes it for ours. */
#include "resource/tcpip_registry.h"
#include "tests/unit/one_setting.h"

#include <string.h>

/* ---- while sessions are open ---- */

static void test_what_somebody_has_set_over_ours_is_flushed_before_a_third_value(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    crash_sync(&world); /* 1380 is on the disk */
    third_party_sets_mtu(1450);
    assert_int_equal(request_mtu(1, POPULATED_TAP, 1390), 0);
    restart_after_power_loss();
    assert_int_equal(mtu(), 1450);
}

/* After sleep an adapter shows a default value for a moment, and can't be set yet. */
static void test_a_repair_that_fails_does_not_change_what_a_crash_puts_back(void **state)
{
    struct ledger_summary summary;
    (void)state;
    crash_start(&world, 0, 1, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    third_party_sets_mtu(1500);
    machine_fail(world.machine, "set_mtu", 1, ERROR_GEN_FAILURE);
    resources_verify(world.ledger, network(), &summary);
    assert_int_equal(summary.failed, 1);
    third_party_sets_mtu(1380); /* it is up now */
    resources_verify(world.ledger, network(), &summary);
    assert_int_equal(summary.failed, 0);
    restart_after_death();
    assert_int_equal(mtu(), MTU_BEFORE);
}

static void test_a_change_that_fails_does_not_close_the_entry_of_another_session(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    third_party_sets_mtu(1500);
    machine_fail(world.machine, "set_mtu", 1, ERROR_GEN_FAILURE);
    assert_int_equal(request_mtu(1, POPULATED_TAP, 1390), ERROR_GEN_FAILURE);
    assert_int_equal(journal_open_count(world.journal), 1);
    third_party_sets_mtu(1380);
    restart_after_death();
    assert_int_equal(mtu(), MTU_BEFORE);
}

/* ---- after the sessions have ended ---- */

static void test_what_the_user_sets_as_we_had_it_survives_a_loss_of_power(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(0, POPULATED_VPN, 1380), 0); /* stays open */
    assert_int_equal(request_mtu(1, POPULATED_TAP, 1500), 0);
    end_session(1);
    assert_int_equal(mtu(), MTU_BEFORE);
    third_party_sets_mtu(1500);
    crash_sync(&world);
    restart_after_power_loss();
    assert_int_equal(mtu(), 1500);
}

/* A change on an unplugged adapter cannot be undone, so that the journal is not truncated. */
static void leave_something(unsigned session)
{
    machine_add_key(world.machine, ADAPTER_OF(VPN_GUID));
    assert_int_equal(request_mtu(session, POPULATED_VPN, 1380), 0);
    machine_remove_interface(world.machine, POPULATED_VPN);
    end_session(session);
    assert_int_equal(ledger_left(world.ledger), 1);
}

static void test_what_the_user_sets_as_we_had_it_survives_restarts(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    leave_something(1);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1500), 0);
    end_session(0);
    for (unsigned i = 1; i <= 2; i++) {
        restart_after_reboot();
        assert_int_equal(mtu(), MTU_BEFORE);
    }
    third_party_sets_mtu(1500);
    restart_after_reboot();
    assert_int_equal(mtu(), 1500);
}

static void test_a_domain_that_the_user_enters_as_we_had_it_survives_a_restart(void **state)
{
    char list[256], longer[300];
    char16_t units[300] = {0};
    (void)state;
    snprintf(list, sizeof(list), "%s", machine_value(world.machine, TCPIP_KEY, u"SearchList"));
    crash_start(&world, 0, 2, false);
    leave_something(1);
    struct message dns = crash_name_servers();
    snprintf(dns.dns.domains, sizeof(dns.dns.domains), "branch.example");
    assert_int_equal(client_send(&world.channels[0], &dns), 0);
    end_session(0);
    assert_string_equal(machine_value(world.machine, TCPIP_KEY, u"SearchList"), list);
    snprintf(longer, sizeof(longer), "%s,branch.example", list);
    text_from_utf8(longer, strlen(longer), units, 299);
    machine_set_text(world.machine, TCPIP_KEY, u"SearchList", units);
    restart_after_reboot();
    assert_string_equal(machine_value(world.machine, TCPIP_KEY, u"SearchList"), longer);
}

static void append_to_list(const char *domain)
{
    char whole[300];
    char16_t units[300] = {0};
    snprintf(whole, sizeof(whole), "%s,%s", machine_value(world.machine, TCPIP_KEY, u"SearchList"),
             domain);
    text_from_utf8(whole, strlen(whole), units, 299);
    machine_set_text(world.machine, TCPIP_KEY, u"SearchList", units);
}

/* While a session has domains in the list; the session ends in order, or not. */
static void test_a_domain_that_the_user_adds_meanwhile_stays(void **state)
{
    static void (*const ends[])(void) = {restart_after_death, restart_after_power_loss,
                                         restart_after_reboot};
    const struct message dns = crash_name_servers();
    for (size_t i = 0; i < 2 * ARRAY_COUNT(ends); i++) {
        char expected[300];
        snprintf(expected, sizeof(expected), "%s,user.example",
                 machine_value(world.machine, TCPIP_KEY, u"SearchList"));
        crash_start(&world, 0, 1, false);
        assert_int_equal(client_send(&world.channels[0], &dns), 0);
        append_to_list("user.example");
        crash_sync(&world);
        if (i % 2)
            end_session(0);
        ends[i / 2]();
        assert_string_equal(machine_value(world.machine, TCPIP_KEY, u"SearchList"), expected);
        assert_null(machine_value(world.machine, TCPIP_KEY, u"InitialSearchList"));
        tear_down(state);
        set_up(state);
    }
}

static void test_it_stays_whenever_the_end_of_the_session_is_cut_short(void **state)
{
    const struct message dns = crash_name_servers();
    for (bool has_died = true; has_died; tear_down(state), set_up(state)) {
        static unsigned step;
        char expected[300];
        snprintf(expected, sizeof(expected), "%s,user.example",
                 machine_value(world.machine, TCPIP_KEY, u"SearchList"));
        crash_start(&world, 0, 1, false);
        assert_int_equal(client_send(&world.channels[0], &dns), 0);
        append_to_list("user.example");
        world.die_at = world.steps + ++step;
        end_session(0);
        has_died = world.is_dead;
        restart_after_death();
        assert_string_equal(machine_value(world.machine, TCPIP_KEY, u"SearchList"), expected);
        assert_null(machine_value(world.machine, TCPIP_KEY, u"InitialSearchList"));
    }
}

/* Both have added the same domain to an interface's list; the power is lost when one has ended. */
static void test_a_domain_that_two_sessions_had_goes_after_a_loss_of_power(void **state)
{
    const struct message dns = crash_name_servers();
    (void)state;
    machine_remove_value(world.machine, TCPIP_KEY, u"SearchList"); /* the interface's is used */
    crash_sync(&world);
    crash_start(&world, 0, 2, false);
    assert_int_equal(client_send(&world.channels[0], &dns), 0);
    assert_int_equal(client_send(&world.channels[1], &dns), 0);
    end_session(0);
    crash_sync(&world);
    restart_after_power_loss();
    assert_null(machine_value(world.machine, TCPIP_KEY INTERFACES u"\\" TAP_GUID, u"SearchList"));
}

/* ---- when the disk fails ---- */

static void test_while_the_registry_cannot_be_flushed_nothing_more_is_set(void **state)
{
    (void)state;
    crash_start(&world, 0, 1, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    crash_sync(&world);
    fail_registry_flush();
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1385), ERROR_GEN_FAILURE);
    assert_int_equal(mtu(), 1380);
    restart_after_power_loss();
    assert_int_equal(mtu(), MTU_BEFORE);
}

static void test_a_value_that_need_not_be_on_the_disk_is_flushed_before_the_next(void **state)
{
    (void)state;
    crash_start(&world, 0, 1, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    crash_sync(&world);
    machine_fail(world.machine, "flush", 2, ERROR_GEN_FAILURE); /* the flush after the change */
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1385), 0);
    fail_registry_flush();
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1390), ERROR_GEN_FAILURE);
    assert_int_equal(mtu(), 1385);
}

static void test_a_flush_of_the_registry_that_fails_keeps_the_journal(void **state)
{
    (void)state;
    crash_start(&world, 0, 1, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    crash_sync(&world);
    fail_registry_flush();
    end_session(0);
    assert_int_equal(mtu(), MTU_BEFORE);
    restart_after_power_loss(); /* to 1380 */
    assert_int_equal(mtu(), MTU_BEFORE);
}

/* The newer of two sessions ends while the disk is full; then there is room again, and the service
 * crashes. */
static void test_a_restored_value_of_another_session_must_be_in_the_journal(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    assert_int_equal(request_mtu(1, POPULATED_TAP, 1390), 0);
    fake_file_fail(world.file, "append", 1, ERROR_GEN_FAILURE);
    end_session(1);
    resources_retry(world.ledger, network());
    assert_int_equal(mtu(), 1380);
    assert_int_equal(ledger_left(world.ledger), 0);
    restart_after_death();
    assert_int_equal(mtu(), MTU_BEFORE);
}

/* The newer of two sessions ends, and the restored value of the older one does not reach the disk
 * before the power is lost. */
static void test_a_restored_value_of_another_session_must_reach_the_disk(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    assert_int_equal(request_mtu(1, POPULATED_TAP, 1385), 0);
    assert_int_equal(request_mtu(1, POPULATED_TAP, 1390), 0);
    fake_file_fail(world.file, "flush", 1, ERROR_GEN_FAILURE);
    end_session(1);
    restart_after_power_loss();
    assert_int_equal(mtu(), MTU_BEFORE);
}

static void test_an_intent_that_fails_does_not_change_what_a_crash_puts_back(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    third_party_sets_mtu(1500); /* a driver, for a moment */
    fake_file_fail(world.file, "flush", 1, ERROR_GEN_FAILURE);
    assert_int_equal(request_mtu(1, POPULATED_TAP, 1390), ERROR_GEN_FAILURE);
    third_party_sets_mtu(1380);
    restart_after_death();
    assert_int_equal(mtu(), MTU_BEFORE);
}

static void test_a_third_value_is_put_back_though_it_cannot_be_flushed(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(1, POPULATED_VPN, 1380), 0); /* stays open */
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    crash_sync(&world);
    machine_fail(world.machine, "flush", 2, ERROR_GEN_FAILURE); /* the flush after the change */
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1385), 0);
    machine_fail(world.machine, "flush", 1, ERROR_GEN_FAILURE);
    machine_fail(world.machine, "set_mtu", 1, ERROR_GEN_FAILURE);
    machine_fail(world.machine, "set_mtu", 2, ERROR_GEN_FAILURE);
    ledger_undo(world.ledger, &world.channels[0].session);
    assert_int_equal(ledger_left(world.ledger), 1);
    machine_clear_faults(world.machine);
    assert_int_equal(ledger_retry(world.ledger), 0);
    assert_int_equal(mtu(), MTU_BEFORE);
    restart_after_power_loss(); /* to 1380 */
    assert_int_equal(mtu(), MTU_BEFORE);
}

/* ---- settings that belong to others again ---- */

static bool count_orphan(void *context, const struct journal_entry *entry)
{
    *(size_t *)context += entry->is_orphan;
    return true;
}

static void test_what_a_living_session_shares_is_no_orphan_in_the_journal(void **state)
{
    size_t orphans = 0;
    (void)state;
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    machine_fail(world.machine, "set_mtu", 1, ERROR_GEN_FAILURE);
    machine_fail(world.machine, "set_mtu", 2, ERROR_GEN_FAILURE);
    end_session(0);
    assert_int_equal(ledger_left(world.ledger), 1);
    assert_int_equal(request_mtu(1, POPULATED_TAP, 1380), 0);
    assert_int_equal(ledger_left(world.ledger), 0);
    const struct bytes file = fake_file_content(world.file);
    assert_int_equal(journal_visit(file.at, file.size, world.boot, count_orphan, &orphans), 0);
    assert_int_equal(orphans, 0);
    restart_after_death();
    assert_int_equal(mtu(), MTU_BEFORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_somebody_has_set_over_ours_is_flushed_before_a_third_value),
        TEST(test_a_repair_that_fails_does_not_change_what_a_crash_puts_back),
        TEST(test_a_change_that_fails_does_not_close_the_entry_of_another_session),
        TEST(test_what_the_user_sets_as_we_had_it_survives_a_loss_of_power),
        TEST(test_what_the_user_sets_as_we_had_it_survives_restarts),
        TEST(test_a_domain_that_the_user_enters_as_we_had_it_survives_a_restart),
        TEST(test_a_domain_that_the_user_adds_meanwhile_stays),
        TEST(test_it_stays_whenever_the_end_of_the_session_is_cut_short),
        TEST(test_a_domain_that_two_sessions_had_goes_after_a_loss_of_power),
        TEST(test_while_the_registry_cannot_be_flushed_nothing_more_is_set),
        TEST(test_a_value_that_need_not_be_on_the_disk_is_flushed_before_the_next),
        TEST(test_a_flush_of_the_registry_that_fails_keeps_the_journal),
        TEST(test_a_restored_value_of_another_session_must_be_in_the_journal),
        TEST(test_a_restored_value_of_another_session_must_reach_the_disk),
        TEST(test_an_intent_that_fails_does_not_change_what_a_crash_puts_back),
        TEST(test_a_third_value_is_put_back_though_it_cannot_be_flushed),
        TEST(test_what_a_living_session_shares_is_no_orphan_in_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
