/* SPDX-License-Identifier: MIT */
/* What has become of an update: as its installer ends, as the next start of the service finds it,
 * and as it lies on the disk. */
#include "base/array.h"
#include "base/text.h"
#include "tests/unit/cmocka_test.h"
#include "update/attempt.h"

#include <stdio.h>
#include <string.h>

enum { NOW = 2000, BEFORE = 1000, THIS_BOOT = 7, LAST_BOOT = 6 };

static struct update_attempt attempt_in(enum attempt_state state)
{
    struct update_attempt attempt = {.when_idle = true,
                                     .tries = 1,
                                     .boot = THIS_BOOT,
                                     .process_created = 133000000000000000u,
                                     .process_id = 4711,
                                     .version = "1.2.0",
                                     .package = "Gatehouse-1.2.0-x86_64.msi",
                                     .manifest = 12,
                                     .size = 1482752,
                                     .digest = {1, 2, 3}};
    attempt_set(&attempt, state, 0, BEFORE);
    return attempt;
}

static const char16_t OLD[] = u"1.1.0", NEW[] = u"1.2.0", OTHER[] = u"1.2.00";

/* ---- at the start of the service ---- */

static const struct judgement {
    const char *name;
    enum attempt_state before;
    const char16_t *running;
    bool installer_runs;
    uint64_t boot;
    enum attempt_state after;
    uint32_t code;
} judgements[] = {
    {"none stays none", ATTEMPT_NONE, NEW, false, THIS_BOOT, ATTEMPT_NONE, 0},
    {"what waits goes on waiting", ATTEMPT_WAITING, OLD, false, LAST_BOOT, ATTEMPT_WAITING, 0},
    {"its version runs: it was installed by hand", ATTEMPT_WAITING, NEW, false, THIS_BOOT,
     ATTEMPT_INSTALLED, 0},
    {"its version runs", ATTEMPT_INSTALLING, NEW, false, THIS_BOOT, ATTEMPT_INSTALLED, 0},
    {"its version runs, and the installer still", ATTEMPT_INSTALLING, NEW, true, THIS_BOOT,
     ATTEMPT_INSTALLING, 0},
    {"the old one runs, and the installer still", ATTEMPT_INSTALLING, OLD, true, THIS_BOOT,
     ATTEMPT_INSTALLING, 0},
    {"the old one runs, and no installer", ATTEMPT_INSTALLING, OLD, false, THIS_BOOT,
     ATTEMPT_FAILED, INSTALLER_FAILED},
    {"another version than both runs", ATTEMPT_INSTALLING, OTHER, false, THIS_BOOT, ATTEMPT_FAILED,
     INSTALLER_FAILED},
    {"power has failed meanwhile", ATTEMPT_INSTALLING, OLD, false, LAST_BOOT, ATTEMPT_FAILED,
     INSTALLER_FAILED},
    {"Windows was not restarted yet", ATTEMPT_RESTART_NEEDED, OLD, false, THIS_BOOT,
     ATTEMPT_RESTART_NEEDED, 0},
    {"nor with the new version running", ATTEMPT_RESTART_NEEDED, NEW, false, THIS_BOOT,
     ATTEMPT_RESTART_NEEDED, 0},
    {"the restart has brought it", ATTEMPT_RESTART_NEEDED, NEW, false, LAST_BOOT, ATTEMPT_INSTALLED,
     0},
    {"the restart has not brought it", ATTEMPT_RESTART_NEEDED, OLD, false, LAST_BOOT,
     ATTEMPT_FAILED, INSTALLER_FAILED},
    {"which run of Windows this is is not known", ATTEMPT_RESTART_NEEDED, OLD, false, 0,
     ATTEMPT_FAILED, INSTALLER_FAILED},
    {"what has failed is not tried again", ATTEMPT_FAILED, OLD, false, THIS_BOOT, ATTEMPT_FAILED,
     0},
    {"what has failed was installed since", ATTEMPT_FAILED, NEW, false, THIS_BOOT,
     ATTEMPT_INSTALLED, 0},
    {"installed stays installed", ATTEMPT_INSTALLED, NEW, false, THIS_BOOT, ATTEMPT_INSTALLED, 0},
    {"another version was installed since", ATTEMPT_INSTALLED, OLD, false, THIS_BOOT, ATTEMPT_NONE,
     0},
};

static void test_the_next_start_judges(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(judgements); i++) {
        const struct judgement *row = &judgements[i];
        struct update_attempt attempt = attempt_in(row->before);
        const struct attempt_facts facts = {row->running, row->boot ? THIS_BOOT : 0,
                                            row->installer_runs, NOW};
        attempt.boot = row->boot ? row->boot : THIS_BOOT;
        const bool has_changed = attempt_judge(&attempt, &facts);
        if (attempt.state != row->after || attempt.code != row->code ||
            has_changed != (row->before != row->after) ||
            (has_changed && attempt.state && attempt.since != NOW))
            fail_msg("%s: state %u, code %u", row->name, (unsigned)attempt.state, attempt.code);
    }
}

/* ---- when the installer ends ---- */

static const struct ending {
    uint32_t exit_code;
    const char16_t *running;
    uint32_t tries;
    enum attempt_state after;
    uint32_t code;
} endings[] = {
    {0, NEW, 1, ATTEMPT_INSTALLED, 0},
    {0, OLD, 1, ATTEMPT_FAILED, INSTALLER_FAILED},
    {1603, OLD, 1, ATTEMPT_FAILED, 1603},
    {1603, NEW, 1, ATTEMPT_INSTALLED, 0},
    {112, OLD, 1, ATTEMPT_FAILED, 112},
    {1602, OLD, 1, ATTEMPT_FAILED, 1602},
    {1618, OLD, 1, ATTEMPT_WAITING, 1618},
    {1618, OLD, ATTEMPT_MOST_TRIES - 1, ATTEMPT_WAITING, 1618},
    {1618, OLD, ATTEMPT_MOST_TRIES, ATTEMPT_FAILED, 1618},
    {3010, OLD, 1, ATTEMPT_RESTART_NEEDED, 3010},
    {3010, NEW, 1, ATTEMPT_RESTART_NEEDED, 3010},
    {1641, OLD, 1, ATTEMPT_RESTART_NEEDED, 1641},
};

static void test_the_end_of_the_installer_has_an_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(endings); i++) {
        const struct ending *row = &endings[i];
        struct update_attempt attempt = attempt_in(ATTEMPT_INSTALLING);
        const struct attempt_facts facts = {row->running, THIS_BOOT, false, NOW};
        attempt.tries = row->tries;
        attempt_end(&attempt, row->exit_code, &facts);
        if (attempt.state != row->after || attempt.code != row->code || attempt.since != NOW)
            fail_msg("%u with %u tries: state %u, code %u", row->exit_code, row->tries,
                     (unsigned)attempt.state, attempt.code);
    }
}

static void test_every_code_has_a_sentence_and_success_has_none(void **state)
{
    (void)state;
    assert_true(text_equal(attempt_reason(0), u""));
    for (size_t i = 0; i < ARRAY_COUNT(endings); i++)
        assert_int_equal(!*attempt_reason(endings[i].code), !endings[i].code);
    assert_true(text_starts_with(attempt_reason(12345), u"The installation has failed"));
}

/* ---- on the disk ---- */

static bool is_equal(const struct update_attempt *a, const struct update_attempt *b)
{
    return a->state == b->state && a->when_idle == b->when_idle && a->code == b->code &&
           a->tries == b->tries && a->since == b->since && a->boot == b->boot &&
           a->process_created == b->process_created && a->process_id == b->process_id &&
           strcmp(a->version, b->version) == 0 && strcmp(a->package, b->package) == 0 &&
           a->manifest == b->manifest && a->size == b->size &&
           memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
}

static void test_the_record_comes_back(void **state)
{
    uint8_t bytes[ATTEMPT_RECORD_SIZE];
    (void)state;
    for (enum attempt_state each = ATTEMPT_WAITING; each < ATTEMPT_STATE_COUNT; each++) {
        struct update_attempt attempt = attempt_in(each), read;
        attempt.code = 1618;
        attempt_encode(&attempt, bytes);
        assert_true(attempt_decode(bytes, sizeof(bytes), &read));
        assert_true(is_equal(&attempt, &read));
    }
}

static void test_no_damaged_record_is_read(void **state)
{
    uint8_t bytes[ATTEMPT_RECORD_SIZE];
    struct update_attempt attempt = attempt_in(ATTEMPT_WAITING), read;
    (void)state;
    attempt_encode(&attempt, bytes);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] ^= 1;
        assert_false(attempt_decode(bytes, sizeof(bytes), &read));
        assert_int_equal(read.state, ATTEMPT_NONE);
        bytes[i] ^= 1;
        assert_false(attempt_decode(bytes, i, &read));
    }
}

static void test_what_no_service_has_written_is_not_read(void **state)
{
    static const char *const names[] = {"..\\x.msi", "C:x.msi", ".msi", "a/b.msi", "", "a b.msi"};
    uint8_t bytes[ATTEMPT_RECORD_SIZE];
    struct update_attempt attempt, read;
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        attempt = attempt_in(ATTEMPT_WAITING);
        snprintf(attempt.package, sizeof(attempt.package), "%s", names[i]);
        attempt_encode(&attempt, bytes);
        assert_false(attempt_decode(bytes, sizeof(bytes), &read));
    }
    attempt = attempt_in(ATTEMPT_STATE_COUNT);
    attempt_encode(&attempt, bytes);
    assert_false(attempt_decode(bytes, sizeof(bytes), &read));
    attempt = attempt_in(ATTEMPT_WAITING);
    memset(attempt.version, '1', sizeof(attempt.version)); /* no terminator */
    attempt_encode(&attempt, bytes);
    assert_false(attempt_decode(bytes, sizeof(bytes), &read));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_next_start_judges),
        cmocka_unit_test(test_the_end_of_the_installer_has_an_answer),
        cmocka_unit_test(test_every_code_has_a_sentence_and_success_has_none),
        cmocka_unit_test(test_the_record_comes_back),
        cmocka_unit_test(test_no_damaged_record_is_read),
        cmocka_unit_test(test_what_no_service_has_written_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
