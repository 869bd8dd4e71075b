/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_test.h"

#include "base/win32/file_acl.h"

#include <sddl.h>
#include <stdio.h>
#include <string.h>

#define TRUSTED_INSTALLER "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
#define SOMEBODY          "S-1-5-21-1-2-3-1001"

static const struct row {
    const char *what;
    const char *sddl;
    const char *writer; /* NULL: none */
    const char *trusted;
    DWORD rights; /* 0: to change and to replace */
} ROWS[] = {
    {"Program Files",
     "O:" TRUSTED_INSTALLER "D:PAI(A;;FA;;;" TRUSTED_INSTALLER ")"
     "(A;CIIO;GA;;;" TRUSTED_INSTALLER ")(A;;0x1301bf;;;SY)(A;OICIIO;GA;;;SY)(A;;0x1301bf;;;BA)"
     "(A;OICIIO;GA;;;BA)(A;;0x1200a9;;;BU)(A;OICIIO;GXGR;;;BU)(A;OICIIO;GA;;;CO)",
     NULL, NULL, 0},
    {"users may write", "O:BAD:(A;;FA;;;SY)(A;;0x1301bf;;;BU)", "S-1-5-32-545", NULL, 0},
    {"users may add files", "O:BAD:(A;;FA;;;SY)(A;;0x2;;;AU)", "S-1-5-11", NULL, 0},
    {"users may add folders", "O:BAD:(A;;FA;;;SY)(A;;0x4;;;AU)", "S-1-5-11", NULL, 0},
    {"users may delete what is in it", "O:BAD:(A;;0x40;;;WD)", "S-1-1-0", NULL, 0},
    {"users may delete it", "O:BAD:(A;;SD;;;WD)", "S-1-1-0", NULL, 0},
    {"users may change the list", "O:BAD:(A;;WD;;;BU)", "S-1-5-32-545", NULL, 0},
    {"users may make a link of it", "O:BAD:(A;;0x100;;;BU)", "S-1-5-32-545", NULL, 0},
    {"users may take it", "O:BAD:(A;;WO;;;BU)", "S-1-5-32-545", NULL, 0},
    {"users may write by a generic right", "O:BAD:(A;;GW;;;BU)", "S-1-5-32-545", NULL, 0},
    {"users may do all by a generic right", "O:BAD:(A;;GA;;;BU)", "S-1-5-32-545", NULL, 0},
    {"users may read", "O:BAD:(A;;FA;;;BA)(A;;0x1200a9;;;BU)(A;;GRGX;;;WD)", NULL, NULL, 0},
    {"users may write below only", "O:BAD:(A;OICIIO;GA;;;BU)", NULL, NULL, 0},
    {"users are denied", "O:BAD:(D;;FA;;;BU)(A;;FA;;;BA)", NULL, NULL, 0},
    {"a user owns it", "O:" SOMEBODY "D:(A;;FA;;;BA)", SOMEBODY, NULL, 0},
    {"the trusted account owns it", "O:" SOMEBODY "D:(A;;FA;;;" SOMEBODY ")", NULL, SOMEBODY, 0},
    {"there is no list", "O:BA", "S-1-1-0", NULL, 0},
    {"the list is empty", "O:BAD:", NULL, NULL, 0},
    {"the root of a drive, to replace it", "O:BAD:(A;;0x4;;;AU)(A;OICIIO;SDGXGWGR;;;AU)", NULL,
     NULL, RIGHTS_TO_REPLACE | FILE_DELETE_CHILD},
    {"two of them", "O:BAD:(A;;FA;;;SY)(A;;FA;;;BU)(A;;FA;;;WD)", "S-1-5-32-545", NULL, 0},
};

static void test_who_can_change_by_each_acl(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        const struct row *row = &ROWS[i];
        PSECURITY_DESCRIPTOR descriptor = NULL;
        PSID trusted = NULL, writer = NULL;
        char *text = NULL;
        assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(row->sddl, SDDL_REVISION_1,
                                                                         &descriptor, NULL));
        if (row->trusted)
            assert_true(ConvertStringSidToSidA(row->trusted, &trusted));
        DWORD rights = row->rights ? row->rights : RIGHTS_TO_CHANGE | RIGHTS_TO_REPLACE;
        if (file_acl_find_untrusted(descriptor, rights, trusted, &writer))
            assert_true(ConvertSidToStringSidA(writer, &text));
        if (strcmp(text ? text : "nobody", row->writer ? row->writer : "nobody") != 0)
            fail_msg("%s: %s", row->what, text ? text : "nobody");
        LocalFree(text);
        LocalFree(trusted);
        LocalFree(descriptor);
    }
}

/* Files have no such ACEs, so they are not decoded. */
static void test_an_ace_of_an_unusual_type_gives_rights_to_everyone(void **state)
{
    static const BYTE SORTS[] = {ACCESS_ALLOWED_COMPOUND_ACE_TYPE, ACCESS_ALLOWED_OBJECT_ACE_TYPE,
                                 ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE};
    PSECURITY_DESCRIPTOR descriptor = NULL;
    ACL *list = NULL;
    BOOL present, defaulted;
    void *entry;
    PSID writer;
    (void)state;
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(
        "O:BAD:(A;;GW;;;SY)", SDDL_REVISION_1, &descriptor, NULL));
    assert_true(GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted));
    assert_true(GetAce(list, 0, &entry));
    assert_false(file_acl_find_untrusted(descriptor, RIGHTS_TO_CHANGE, NULL, &writer));
    for (size_t i = 0; i < sizeof(SORTS); i++) {
        ((ACE_HEADER *)entry)->AceType = SORTS[i];
        assert_true(file_acl_find_untrusted(descriptor, RIGHTS_TO_CHANGE, NULL, &writer));
        assert_true(IsWellKnownSid(writer, WinWorldSid));
    }
    LocalFree(descriptor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_can_change_by_each_acl),
        cmocka_unit_test(test_an_ace_of_an_unusual_type_gives_rights_to_everyone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
