/* SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "tests/unit/cmocka_test.h"
#include "update/files.h"

static const struct {
    const char16_t *name;
    bool is_ours;
} names[] = {
    {u"record", true},
    {u"RECORD", true},
    {u"attempt", true},
    {u"turn", true},
    {u"install.log", true},
    {u"gatehouse-service.exe", true},
    {u"incoming.msi", true},
    {u"Gatehouse-1.2.0-x86_64.msi", true},
    {u"record.new", true},
    {u"", false},
    {u".msi", false},
    {u".new", false},
    {u"record.txt", false},
    {u"records", false},
    {u"gatehouse-service.exe.bak", false},
    {u"msi", false},
    {u"package.msi.txt", false},
};

static void test_what_the_service_has_made_is_known_by_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (update_file_is_ours(names[i].name) != names[i].is_ours)
            fail_msg("row %u", (unsigned)i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_service_has_made_is_known_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
