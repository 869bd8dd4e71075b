/* SPDX-License-Identifier: MIT */
/* Calls that fail, block, or end their process, and the state of the machine afterwards. */
#include "selftest.h"

#include "faults.h"

static MIB_IPFORWARD_ROW2 childs_route(void)
{
    return route_on(2, "10.50.0.0", 16, "10.8.0.1", 5);
}

static void test_only_the_nth_calls_fail(void **state)
{
    (void)state;
    MIB_IPFORWARD_ROW2 row = childs_route();
    ask_ok("{'do':'fault', 'call':'CreateIpForwardEntry2', 'nth':2, 'times':2, 'action':'fail',"
           "'code':1450}");
    assert_int_equal(CreateIpForwardEntry2(&row), 0);
    DeleteIpForwardEntry2(&row);
    assert_int_equal(CreateIpForwardEntry2(&row), 1450);
    assert_int_equal(CreateIpForwardEntry2(&row), 1450);
    assert_false(has_route(row));
    assert_int_equal(CreateIpForwardEntry2(&row), 0);
    cJSON *answer = ask("{'do':'counters'}");
    const cJSON *counters = cJSON_GetObjectItem(answer, "counters");
    assert_true(record_value(counters, "CreateIpForwardEntry2") == 4);
    cJSON_Delete(answer);
}

static void test_times_zero_fails_until_cleared(void **state)
{
    (void)state;
    MIB_IPFORWARD_ROW2 row = childs_route();
    ask_ok("{'do':'fault', 'call':'CreateIpForwardEntry2', 'times':0, 'action':'fail', 'code':5}");
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(CreateIpForwardEntry2(&row), 5);
    ask_ok("{'do':'clear_faults'}");
    assert_int_equal(CreateIpForwardEntry2(&row), 0);
}

static void test_death_before_the_effect(void **state)
{
    (void)state;
    ask_ok("{'do':'fault', 'call':'CreateIpForwardEntry2', 'action':'die'}");
    assert_int_equal(end_of_child(start_child("add-route")), FAULT_EXIT_CODE);
    assert_false(has_route(childs_route()));
    cJSON *line = last_record("CreateIpForwardEntry2");
    assert_string_equal(record_text(line, "died"), "before");
    cJSON_Delete(line);
}

static void test_death_after_the_effect(void **state)
{
    (void)state;
    ask_ok("{'do':'fault', 'call':'CreateIpForwardEntry2', 'action':'die_after'}");
    assert_int_equal(end_of_child(start_child("add-route")), FAULT_EXIT_CODE);
    assert_true(has_route(childs_route()));
    cJSON *line = last_record("CreateIpForwardEntry2");
    assert_string_equal(record_text(line, "died"), "after");
    cJSON_Delete(line);
}

/* Inside the lock, after the row has been written and before it is current. */
static void test_death_just_before_the_commit_leaves_the_old_machine(void **state)
{
    (void)state;
    cJSON *before = ask("{'do':'dump'}");
    ask_ok("{'do':'fault', 'call':'Commit', 'action':'die'}");
    assert_int_equal(end_of_child(start_child("add-route")), FAULT_EXIT_CODE);
    assert_false(has_route(childs_route())); /* takes over the dead owner's lock */
    cJSON *after = ask("{'do':'dump'}");
    assert_true(cJSON_Compare(before, after, TRUE));
    cJSON_Delete(before);
    cJSON_Delete(after);
    MIB_IPFORWARD_ROW2 row = childs_route();
    assert_int_equal(CreateIpForwardEntry2(&row), 0);
}

static void test_death_just_after_the_commit_leaves_the_new_machine(void **state)
{
    (void)state;
    ask_ok("{'do':'fault', 'call':'Commit', 'action':'die_after'}");
    assert_int_equal(end_of_child(start_child("add-route")), FAULT_EXIT_CODE);
    assert_true(has_route(childs_route()));
}

static void test_a_half_written_change_is_not_seen(void **state)
{
    (void)state;
    MIB_IPFORWARD_ROW2 row = childs_route();
    row.Metric = 44;
    assert_int_equal(CreateIpForwardEntry2(&row), 0);
    ask_ok("{'do':'fault', 'call':'Commit', 'action':'die'}");
    assert_int_equal(end_of_child(start_child("set-route")), FAULT_EXIT_CODE);
    assert_int_equal(GetIpForwardEntry2(&row), 0);
    assert_int_equal(row.Metric, 44);
}

/* A blocked call does not hold the driver's lock on the model. */
static void wait_for_waiter(const char *call)
{
    ULONGLONG deadline = GetTickCount64() + 20000;
    for (;;) {
        cJSON *answer = ask("{'do':'waiting'}");
        const cJSON *waiting = cJSON_GetObjectItem(answer, "waiting");
        bool found = waiting->child && strcmp(record_text(waiting->child, "call"), call) == 0;
        cJSON_Delete(answer);
        if (found)
            return;
        assert_true(GetTickCount64() < deadline);
        Sleep(1);
    }
}

static void test_blocked_call_goes_on_when_cleared(void **state)
{
    (void)state;
    ask_ok("{'do':'fault', 'call':'CreateIpForwardEntry2', 'action':'block'}");
    HANDLE child = start_child("add-route");
    wait_for_waiter("CreateIpForwardEntry2");
    assert_false(has_route(childs_route()));
    assert_int_equal(WaitForSingleObject(child, 0), WAIT_TIMEOUT);
    ask_ok("{'do':'clear_faults'}");
    assert_int_equal(end_of_child(child), 0);
    assert_true(has_route(childs_route()));
}

static void test_killed_while_blocked_is_no_longer_waiting(void **state)
{
    (void)state;
    ask_ok("{'do':'fault', 'call':'CreateIpForwardEntry2', 'action':'block_after'}");
    HANDLE child = start_child("add-route");
    wait_for_waiter("CreateIpForwardEntry2");
    assert_true(has_route(childs_route()));
    TerminateProcess(child, 3);
    assert_int_equal(end_of_child(child), 3);
    cJSON *answer = ask("{'do':'waiting'}");
    assert_null(cJSON_GetObjectItem(answer, "waiting")->child);
    cJSON_Delete(answer);
}

static void test_killed_anywhere_leaves_a_whole_machine(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        HANDLE child = start_child("churn");
        for (bool working = false; !working;) {
            cJSON *answer = ask("{'do':'counters'}");
            working = cJSON_HasObjectItem(cJSON_GetObjectItem(answer, "counters"), "Commit");
            cJSON_Delete(answer);
        }
        TerminateProcess(child, 3);
        assert_int_equal(end_of_child(child), 3);
        for (UINT8 length = 16; length < 20; length++) {
            MIB_IPFORWARD_ROW2 row = route_on(2, "10.50.0.0", length, "10.8.0.1", 1);
            bool there = has_route(row);
            assert_int_equal(DeleteIpForwardEntry2(&row), there ? 0 : ERROR_NOT_FOUND);
        }
        reset(NULL);
    }
}

static void test_bad_requests_are_refused(void **state)
{
    (void)state;
    static const char *const requests[] = {
        "{'do':'nothing'}",
        "{'do':'fault', 'call':'NoSuchCall', 'action':'die'}",
        "{'do':'fault', 'call':'CreateFileW', 'action':'explode'}",
        "{'do':'fault', 'call':'CreateFileW', 'action':'fail'}",
        "{'do':'recording', 'groups':['everything']}",
        "{'do':'personas', 'personas':[{'sid':'alice'}]}",
    };
    for (size_t i = 0; i < ARRAYSIZE(requests); i++) {
        cJSON *answer = ask("%s", requests[i]);
        if (!cJSON_GetObjectItem(answer, "error"))
            fail_msg("%s", requests[i]);
        cJSON_Delete(answer);
    }
}

const struct CMUnitTest fault_tests[] = {
    TEST(test_only_the_nth_calls_fail),
    TEST(test_times_zero_fails_until_cleared),
    TEST(test_death_before_the_effect),
    TEST(test_death_after_the_effect),
    TEST(test_death_just_before_the_commit_leaves_the_old_machine),
    TEST(test_death_just_after_the_commit_leaves_the_new_machine),
    TEST(test_a_half_written_change_is_not_seen),
    TEST(test_blocked_call_goes_on_when_cleared),
    TEST(test_killed_while_blocked_is_no_longer_waiting),
    TEST(test_killed_anywhere_leaves_a_whole_machine),
    TEST(test_bad_requests_are_refused),
};
const size_t fault_test_count = ARRAYSIZE(fault_tests);
