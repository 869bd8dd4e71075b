/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/findings.h"
#include "tests/unit/cmocka_test.h"

#include <stdio.h>
#include <string.h>

struct written {
    char text[16384];
    size_t length;
};

static void keep(void *context, const char *bytes, size_t size)
{
    struct written *written = context;
    assert_true(written->length + size < sizeof(written->text));
    memcpy(written->text + written->length, bytes, size);
    written->length += size;
    written->text[written->length] = 0;
}

static void find_something(struct findings *findings)
{
    findings_add(findings, VERDICT_OK, "service.running", "It runs as process %u", 7);
    struct finding *finding =
        findings_add(findings, VERDICT_FAILURE, "a.b", "C:\\x \"y\"%s", "\xC3\xBC");
    finding_advise(finding, "Do %s", "this");
    finding_add_detail(finding, "path", "%s", "C:\\x");
    finding_add_detail(finding, "error", "%u", 5);
    finding_advise(findings_add(findings, VERDICT_WARNING, "a.c", "odd"), "Wait");
}

static void test_lines_are_aligned_and_counted(void **state)
{
    (void)state;
    struct findings findings = {.first = NULL};
    struct written written = {.length = 0};
    const struct sink sink = {keep, &written};
    find_something(&findings);
    findings_print(&findings, &sink);
    assert_string_equal(written.text, "ok       service.running  It runs as process 7\n"
                                      "failure  a.b              C:\\x \"y\"\xC3\xBC\n"
                                      "                          -> Do this\n"
                                      "warning  a.c              odd\n"
                                      "                          -> Wait\n"
                                      "\n"
                                      "1 failure, 1 warning\n");
    findings_free(&findings);
}

static void test_nothing_wrong_is_said(void **state)
{
    (void)state;
    struct findings findings = {.first = NULL};
    struct written written = {.length = 0};
    const struct sink sink = {keep, &written};
    assert_int_equal(findings_worst(&findings), VERDICT_OK);
    findings_add(&findings, VERDICT_OK, "a.b", "fine");
    findings_print(&findings, &sink);
    assert_string_equal(written.text, "ok       a.b  fine\n\nNothing was found wrong.\n");
    assert_int_equal(findings_worst(&findings), VERDICT_OK);
    findings_free(&findings);
}

static void test_json_is_one_object(void **state)
{
    (void)state;
    struct findings findings = {.first = NULL};
    struct written written = {.length = 0};
    const struct sink sink = {keep, &written};
    find_something(&findings);
    assert_true(
        findings_print_json(&findings, &(struct findings_head){"1.2.3", "$a", 1700000000}, &sink));
    assert_string_equal(
        written.text,
        "{\"schema\":1,\"version\":\"1.2.3\",\"instance\":\"$a\",\"time\":1700000000,"
        "\"result\":\"failure\",\"failures\":1,\"warnings\":1,\"checks\":["
        "{\"name\":\"service.running\",\"result\":\"ok\",\"what\":\"It runs as process 7\"},"
        "{\"name\":\"a.b\",\"result\":\"failure\",\"what\":\"C:\\\\x \\\"y\\\"\xC3\xBC\","
        "\"advice\":\"Do this\",\"path\":\"C:\\\\x\",\"error\":\"5\"},"
        "{\"name\":\"a.c\",\"result\":\"warning\",\"what\":\"odd\",\"advice\":\"Wait\"}]}\n");
    findings_free(&findings);
}

static void test_whatever_is_found_fits_into_the_object(void **state)
{
    (void)state;
    static char worst[2 * FINDING_TEXT_SIZE];
    struct findings findings = {.first = NULL};
    struct written written = {.length = 0};
    const struct sink sink = {keep, &written};
    memset(worst, 1, sizeof(worst) - 1); /* six bytes each, when it is escaped */
    struct finding *finding = findings_add(&findings, VERDICT_OK, "a.b", "%s", "");
    for (unsigned i = 0; i < 2 * FINDING_DETAILS; i++)
        finding_add_detail(finding, "k", "%u", i);
    finding = findings_add(&findings, VERDICT_OK, "c.d", "%s", worst);
    assert_int_equal(strlen(finding->what), FINDING_TEXT_SIZE - 1);
    assert_true(findings_print_json(&findings, &(struct findings_head){"", "", 0}, &sink));
    assert_non_null(strstr(written.text, "\"k\":\"3\"},{\"name\":\"c.d\""));
    assert_null(strstr(written.text, "\"k\":\"4\""));
    assert_non_null(strstr(written.text, "\\u0001\"}]}\n"));
    findings_free(&findings);
}

static void test_findings_of_several_checks_become_one(void **state)
{
    (void)state;
    struct findings all = {.first = NULL}, more = {.first = NULL}, none = {.first = NULL};
    findings_append(&all, &none);
    findings_add(&more, VERDICT_OK, "a.b", "first");
    findings_append(&all, &more);
    assert_null(more.first);
    findings_append(&all, &none);
    more.is_short = true;
    findings_add(&more, VERDICT_WARNING, "c.d", "second");
    findings_append(&all, &more);
    assert_string_equal(all.first->what, "first");
    assert_string_equal(all.first->next->what, "second");
    assert_ptr_equal(all.last, all.first->next);
    assert_true(all.is_short);
    assert_int_equal(findings_count(&all, VERDICT_WARNING), 1);
    assert_int_equal(findings_worst(&all), VERDICT_WARNING);
    findings_free(&all);
    assert_null(all.first);
}

static void test_what_was_lost_takes_advice(void **state)
{
    (void)state;
    finding_advise(NULL, "Nobody reads %s", "this");
    finding_add_detail(NULL, "k", "%u", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_aligned_and_counted),
        cmocka_unit_test(test_nothing_wrong_is_said),
        cmocka_unit_test(test_json_is_one_object),
        cmocka_unit_test(test_whatever_is_found_fits_into_the_object),
        cmocka_unit_test(test_findings_of_several_checks_become_one),
        cmocka_unit_test(test_what_was_lost_takes_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
