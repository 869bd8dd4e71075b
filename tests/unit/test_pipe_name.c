/* SPDX-License-Identifier: MIT */
/* Which access lists of a pipe are taken for ours. */
#include "tests/unit/cmocka_test.h"

#include "base/text.h"
#include "base/win32/handles.h"
#include "service/pipe_name.h"

#define OWNER u"O:BA"
#define OURS  u"D:(A;OICI;GA;;;SY)(D;OICI;0x4;;;WD)(A;OICI;GRGW;;;AU)(D;;GA;;;AN)"

/* A pipe of this process, with the access list. */
static HANDLE make_pipe(const char16_t *security)
{
    static unsigned made;
    char16_t name[64];
    struct text text = TEXT_ON(name);
    HANDLE instance = NULL;
    text_append_format(&text, "\\\\.\\pipe\\gatehouse-test-%lu-%u",
                       (unsigned long)GetCurrentProcessId(), ++made);
    assert_int_equal(pipe_name_take(name, security, &instance), 0);
    return instance;
}

static void test_a_list_is_ours_however_its_rights_are_written(void **state)
{
    CLEANUP_HANDLE HANDLE pipe = make_pipe(OWNER OURS);
    (void)state;
    assert_true(pipe_is_secured(pipe, OURS));
    assert_true(pipe_is_secured(
        pipe, u"D:(A;OICI;FA;;;SY)(D;OICI;0x4;;;WD)(A;OICI;FRFW;;;AU)(D;;FA;;;AN)"));
}

static void test_other_lists_are_not(void **state)
{
    static const char16_t *const others[] = {
        OWNER u"D:",
        OWNER u"D:(A;;GA;;;WD)",
        OWNER u"D:(A;OICI;GA;;;SY)(D;OICI;0x4;;;WD)(A;OICI;GRGW;;;AU)",
        OWNER u"D:(A;OICI;GA;;;SY)(A;OICI;0x4;;;WD)(A;OICI;GRGW;;;AU)(D;;GA;;;AN)",
        OWNER u"D:(A;OICI;GA;;;SY)(D;OICI;0x4;;;WD)(A;OICI;GA;;;AU)(D;;GA;;;AN)",
        OWNER u"D:(A;OICI;GA;;;SY)(A;OICI;GRGW;;;AU)(D;OICI;0x4;;;WD)(D;;GA;;;AN)",
        OWNER u"D:(A;OICI;GA;;;SY)(D;OICI;0x4;;;WD)(A;OICI;GRGW;;;AU)(D;;GA;;;AN)(A;;GA;;;WD)",
    };
    (void)state;
    CLEANUP_HANDLE HANDLE of_nobody = make_pipe(u"O:WD" OURS);
    assert_false(pipe_is_secured(of_nobody, OURS));
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        CLEANUP_HANDLE HANDLE pipe = make_pipe(others[i]);
        assert_false(pipe_is_secured(pipe, OURS));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_is_ours_however_its_rights_are_written),
        cmocka_unit_test(test_other_lists_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
