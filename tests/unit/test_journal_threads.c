/* SPDX-License-Identifier: MIT */
/* Sessions on their own threads, over one journal. */
#include "tests/unit/journal_toy.h"

#include "base/lock.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 8, ROUNDS = 400 };

/* ---- a slow disk ---- */

static struct gate {
    struct lock lock;
    struct condition changed;
    pthread_t flusher;
    unsigned steps;  /* of the first thread; the third is the beginning of a flush */
    unsigned others; /* steps of all other threads */
    bool is_reached, is_open;
} gate;

static bool wait_at_gate(void *context)
{
    (void)context;
    lock_acquire(&gate.lock);
    if (pthread_equal(pthread_self(), gate.flusher) && ++gate.steps == 3) {
        gate.is_reached = true;
        condition_wake_all(&gate.changed);
        while (!gate.is_open)
            condition_wait(&gate.changed, &gate.lock);
    } else if (!pthread_equal(pthread_self(), gate.flusher)) {
        gate.others++;
        condition_wake_all(&gate.changed);
    }
    lock_release(&gate.lock);
    return true;
}

static void await_gate(unsigned others)
{
    lock_acquire(&gate.lock);
    while (!gate.is_reached || gate.others < others)
        condition_wait(&gate.changed, &gate.lock);
    lock_release(&gate.lock);
}

static void open_gate(void)
{
    lock_acquire(&gate.lock);
    gate.is_open = true;
    condition_wake_all(&gate.changed);
    lock_release(&gate.lock);
}

/* No assertions on other threads: cmocka leaves a failed test with longjmp(), which must not cross
 * threads. */
static void *intend_durably(void *argument)
{
    const struct journal_change change = toy_change(2, argument, "", "", "new");
    uint64_t entry = 0;
    if (journal_intend(toy.journal, &change, &entry))
        abort();
    return argument;
}

static void *intend_at_gate(void *argument)
{
    lock_acquire(&gate.lock);
    gate.flusher = pthread_self();
    lock_release(&gate.lock);
    return intend_durably(argument);
}

static char dns[] = "dns", nrpt[] = "nrpt", wins[] = "wins";

static void test_a_flush_of_one_session_does_not_delay_the_records_of_others(void **state)
{
    (void)state;
    pthread_t flusher;
    memset(&gate, 0, sizeof(gate));
    fake_file_watch(toy.file, wait_at_gate, NULL);
    assert_int_equal(pthread_create(&flusher, NULL, intend_at_gate, dns), 0);
    await_gate(0);

    /* `flusher` is in the middle of a flush: this hangs if it holds a lock that they need. */
    toy_mark(&toy, toy_intend(&toy, 1, "route", "", "", "new"), JOURNAL_APPLIED);
    assert_int_equal(journal_open_count(toy.journal), 2);

    open_gate();
    pthread_join(flusher, NULL);
    fake_file_watch(toy.file, NULL, NULL);
    toy_reopen(&toy);
    assert_found(&toy, "2 dns: - <- new or -\n1 route: - <- new\n");
}

static void test_who_waits_for_a_flush_that_takes_his_record_along_needs_no_other(void **state)
{
    (void)state;
    pthread_t flusher, waiting[2];
    unsigned flushes = fake_file_calls(toy.file, "flush");
    memset(&gate, 0, sizeof(gate));
    fake_file_watch(toy.file, wait_at_gate, NULL);
    assert_int_equal(pthread_create(&flusher, NULL, intend_at_gate, dns), 0);
    await_gate(0);
    assert_int_equal(pthread_create(&waiting[0], NULL, intend_durably, nrpt), 0);
    assert_int_equal(pthread_create(&waiting[1], NULL, intend_durably, wins), 0);
    await_gate(4); /* before and after the append of each */
    open_gate();
    pthread_join(flusher, NULL);
    pthread_join(waiting[0], NULL);
    pthread_join(waiting[1], NULL);
    fake_file_watch(toy.file, NULL, NULL);
    assert_int_equal(fake_file_calls(toy.file, "flush"), flushes + 2);
}

/* ---- all threads at once ---- */

struct session {
    pthread_t thread;
    unsigned number;
};

static void *hammer(void *argument)
{
    const struct session *session = argument;
    for (unsigned round = 0; round <= ROUNDS; round++) {
        char key[32];
        snprintf(key, sizeof(key), "%u.%u", session->number, round);
        const struct journal_change there = toy_change(1 + (round % 16 == 0), key, "", "", "new");
        uint64_t entry = 0;
        if (journal_intend(toy.journal, &there, &entry))
            abort();
        journal_mark(toy.journal, entry, JOURNAL_APPLIED, false);
        if (round == ROUNDS)
            break; /* the last one stays open */
        const struct journal_change back = toy_change(1 + (round % 16 == 0), key, "", "new", "");
        if (journal_intend(toy.journal, &back, &entry))
            abort();
        journal_mark(toy.journal, entry, JOURNAL_CLOSED, round % 32 == 0);
        if (round % 64 == 0)
            journal_truncate(toy.journal);
    }
    return NULL;
}

static void test_concurrent_threads_leave_what_each_has_written(void **state)
{
    (void)state;
    struct session sessions[THREADS];
    unsigned replacements = fake_file_calls(toy.file, "replace");
    for (unsigned i = 0; i < THREADS; i++) {
        sessions[i].number = i;
        assert_int_equal(pthread_create(&sessions[i].thread, NULL, hammer, &sessions[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(sessions[i].thread, NULL);
    assert_int_equal(journal_open_count(toy.journal), THREADS);
    assert_true(fake_file_calls(toy.file, "replace") > replacements); /* compacted by now */
    toy_reopen(&toy);
    assert_int_equal(toy.report.damaged + toy.report.torn, 0);
    for (unsigned i = 0; i < THREADS; i++) {
        char line[64];
        snprintf(line, sizeof(line), "2 %u.%u: - <- new\n", i, (unsigned)ROUNDS);
        assert_non_null(strstr(toy_found(&toy), line));
    }
    assert_int_equal(journal_open_count(toy.journal), THREADS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, toy_set_up, toy_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_flush_of_one_session_does_not_delay_the_records_of_others),
        TEST(test_who_waits_for_a_flush_that_takes_his_record_along_needs_no_other),
        TEST(test_concurrent_threads_leave_what_each_has_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
