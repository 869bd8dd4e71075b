/* SPDX-License-Identifier: MIT */
/* Flush, then close: the journal forgets a setting of the disk only after a flush of the registry
 * that began after it was put back (invariants 5 and 6 of undo/claims.h). */
#include "tests/unit/one_setting.h"

#include "base/log.h"

/* Whatever of the registry reached the disk before the power went: `seed` says. */
static void restart_after_power_loss_of(uint64_t seed)
{
    crash_die(&world);
    machine_clear_faults(world.machine);
    crash_power_loss(&world, seed);
    crash_start(&world, 0, 0, false);
}

/* ---- the order ---- */

static void test_a_session_end_flushes_once_and_then_closes(void **state)
{
    (void)state;
    crash_start(&world, 0, 1, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    assert_int_equal(request_mtu(0, POPULATED_VPN, 1380), 0);
    unsigned before = machine_calls(world.machine, "flush");
    ledger_undo(world.ledger, &world.channels[0].session);
    assert_int_equal(journal_open_count(world.journal), 2);
    ledger_flush(world.ledger);
    assert_int_equal(journal_open_count(world.journal), 0);
    assert_int_equal(machine_calls(world.machine, "flush"), before + 1);
}

static void test_sessions_that_end_together_share_a_flush(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    assert_int_equal(request_mtu(1, POPULATED_VPN, 1380), 0);
    unsigned before = machine_calls(world.machine, "flush");
    ledger_undo(world.ledger, &world.channels[0].session);
    ledger_undo(world.ledger, &world.channels[1].session);
    ledger_flush(world.ledger);
    ledger_flush(world.ledger);
    assert_int_equal(machine_calls(world.machine, "flush"), before + 1);
    assert_int_equal(journal_open_count(world.journal), 0);
}

static void test_a_route_needs_no_flush(void **state)
{
    const struct message route =
        route_message(MESSAGE_ADD_ROUTE, POPULATED_VPN, V4(10, 20, 0, 0), 16, V4(10, 8, 0, 1), 7);
    (void)state;
    crash_start(&world, 0, 1, false);
    assert_int_equal(client_send(&world.channels[0], &route), 0);
    unsigned before = machine_calls(world.machine, "flush");
    end_session(0);
    assert_int_equal(machine_calls(world.machine, "flush"), before);
    assert_int_equal(journal_open_count(world.journal), 0);
}

/* ---- a flush that fails ---- */

static unsigned errors;

static void count_errors(const struct log_line *line)
{
    errors += line->level == LOG_ERROR;
}

static bool is_orphan(void *context, const struct journal_entry *entry)
{
    *(bool *)context = entry->is_orphan;
    return true;
}

static bool journal_tells_of_an_orphan(void)
{
    bool is_told = false;
    const struct bytes content = fake_file_content(world.file);
    assert_int_equal(journal_visit(content.at, content.size, world.boot, is_orphan, &is_told), 0);
    return is_told;
}

static void test_what_could_not_be_flushed_stays_owned_and_is_retried(void **state)
{
    (void)state;
    crash_start(&world, 0, 1, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    fail_registry_flush();
    log_to(count_errors);
    errors = 0;
    assert_int_equal(channel_close(&world.channels[--world.session_count]), 1);
    assert_int_equal(mtu(), MTU_BEFORE);
    assert_int_equal(ledger_left(world.ledger), 1);
    assert_int_equal(journal_open_count(world.journal), 1);
    assert_true(journal_tells_of_an_orphan());
    assert_int_equal(resources_retry(world.ledger, network()), 1);
    assert_int_equal(errors, 1);
    machine_clear_faults(world.machine);
    assert_int_equal(resources_retry(world.ledger, network()), 0);
    assert_int_equal(journal_open_count(world.journal), 0);
    log_to(NULL);
}

static void test_what_can_never_be_flushed_is_put_back_after_a_loss_of_power(void **state)
{
    (void)state;
    crash_start(&world, 0, 1, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    crash_sync(&world);
    fail_registry_flush();
    end_session(0);
    world.session_count = 0;
    resources_retry(world.ledger, network());
    restart_after_power_loss(); /* to 1380 */
    assert_int_equal(mtu(), MTU_BEFORE);
    assert_int_equal(journal_open_count(world.journal), 0);
}

/* The process dies while the flush fails; what it had put back is not taken for lost. */
static void test_the_next_process_flushes_what_the_last_could_not(void **state)
{
    (void)state;
    crash_start(&world, 0, 1, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    crash_sync(&world);
    fail_registry_flush();
    end_session(0);
    world.session_count = 0;
    machine_clear_faults(world.machine);
    restart_after_death();
    assert_int_equal(world.recovered.changed + world.recovered.unchanged, 0);
    assert_int_equal(world.recovered.failed, 0);
    assert_int_equal(journal_open_count(world.journal), 0);
    restart_after_power_loss();
    assert_int_equal(mtu(), MTU_BEFORE);
}

/* ---- another session, between the undo and the flush ---- */

static void undo_without_flush(unsigned session)
{
    ledger_undo(world.ledger, &world.channels[session].session);
    assert_int_equal(mtu(), MTU_BEFORE);
    assert_int_equal(journal_open_count(world.journal), 1);
}

static void test_a_new_claim_flushes_first(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    undo_without_flush(0);
    unsigned before = machine_calls(world.machine, "flush");
    assert_int_equal(request_mtu(1, POPULATED_TAP, 1390), 0);
    assert_int_equal(machine_calls(world.machine, "flush"), before + 1);
    assert_int_equal(journal_open_count(world.journal), 1);
    end_session(1);
    assert_int_equal(mtu(), MTU_BEFORE);
    assert_int_equal(journal_open_count(world.journal), 0);
}

static void test_a_new_claim_is_refused_if_that_flush_fails(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    crash_sync(&world);
    undo_without_flush(0);
    fail_registry_flush();
    assert_int_equal(request_mtu(1, POPULATED_TAP, 1390), ERROR_GEN_FAILURE);
    assert_int_equal(mtu(), MTU_BEFORE);
    restart_after_power_loss(); /* to 1380 */
    assert_int_equal(mtu(), MTU_BEFORE);
}

static void test_somebody_elses_value_meanwhile_is_the_new_base(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    undo_without_flush(0);
    third_party_sets_mtu(1450);
    assert_int_equal(request_mtu(1, POPULATED_TAP, 1390), 0);
    restart_after_death();
    assert_int_equal(mtu(), 1450);
}

/* While the first one's flush is under way the second takes the setting over: its entry must not be
 * closed with what the flush was for. */
static uint32_t (*real_flush)(struct registry *self);

static uint32_t take_over_during_flush(struct registry *self)
{
    self->flush = real_flush;
    uint32_t error = real_flush(self);
    assert_int_equal(request_mtu(1, POPULATED_TAP, 1390), 0);
    return error;
}

static void test_an_entry_that_is_taken_over_during_the_flush_stays_open(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    real_flush = network()->registry->flush;
    network()->registry->flush = take_over_during_flush;
    end_session(0);
    assert_int_equal(mtu(), 1390);
    assert_int_equal(journal_open_count(world.journal), 1);
    restart_after_death();
    assert_int_equal(mtu(), MTU_BEFORE);
}

/* The same, and the second has ended, too, before the first one's flush returns. */
static uint32_t come_and_go_during_flush(struct registry *self)
{
    self->flush = real_flush;
    uint32_t error = real_flush(self);
    assert_int_equal(request_mtu(1, POPULATED_TAP, 1390), 0);
    crash_sync(&world); /* 1390 */
    ledger_undo(world.ledger, &world.channels[1].session);
    return error;
}

static void test_an_undo_during_the_flush_waits_for_the_next_one(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    real_flush = network()->registry->flush;
    network()->registry->flush = come_and_go_during_flush;
    end_session(0);
    assert_int_equal(mtu(), MTU_BEFORE);
    assert_int_equal(journal_open_count(world.journal), 1);
    restart_after_power_loss(); /* to 1390 */
    assert_int_equal(mtu(), MTU_BEFORE);
}

/* ---- a death or a loss of power at each point ---- */

static void play(void)
{
    request_mtu(0, POPULATED_TAP, 1380);
    crash_sync(&world);
    ledger_undo(world.ledger, &world.channels[0].session);
    request_mtu(1, POPULATED_TAP, 1390);
    ledger_flush(world.ledger);
    request_mtu(1, POPULATED_TAP, 1385);
    end_session(1);
    end_session(0);
    world.session_count = 0;
}

/* `failing_flush`: which flush of the registry fails, 0: none. Returns whether it died. */
static bool play_until(unsigned step, uint64_t seed, unsigned failing_flush)
{
    crash_start(&world, 0, 2, false);
    if (failing_flush)
        machine_fail(world.machine, "flush", failing_flush, ERROR_GEN_FAILURE);
    world.die_at = world.steps + step;
    play();
    bool has_died = world.is_dead;
    crash_die(&world);
    machine_clear_faults(world.machine);
    if (seed)
        restart_after_power_loss_of(seed);
    else
        restart_after_death();
    return has_died;
}

static void test_whenever_it_ends_the_setting_is_as_before(void **state)
{
    enum { SEEDS = 8, FLUSHES = 4 };
    for (unsigned failing = 0; failing <= FLUSHES; failing++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            bool has_died = true;
            for (unsigned step = 1; has_died; step++) {
                has_died = play_until(step, seed, failing);
                if (mtu() != MTU_BEFORE || journal_open_count(world.journal))
                    fail_msg("step %u, seed %u, flush %u fails: MTU %u, %zu entries", step,
                             (unsigned)seed, failing, mtu(), journal_open_count(world.journal));
                tear_down(state);
                set_up(state);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_session_end_flushes_once_and_then_closes),
        TEST(test_sessions_that_end_together_share_a_flush),
        TEST(test_a_route_needs_no_flush),
        TEST(test_what_could_not_be_flushed_stays_owned_and_is_retried),
        TEST(test_what_can_never_be_flushed_is_put_back_after_a_loss_of_power),
        TEST(test_the_next_process_flushes_what_the_last_could_not),
        TEST(test_a_new_claim_flushes_first),
        TEST(test_a_new_claim_is_refused_if_that_flush_fails),
        TEST(test_somebody_elses_value_meanwhile_is_the_new_base),
        TEST(test_an_entry_that_is_taken_over_during_the_flush_stays_open),
        TEST(test_an_undo_during_the_flush_waits_for_the_next_one),
        TEST(test_whenever_it_ends_the_setting_is_as_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
