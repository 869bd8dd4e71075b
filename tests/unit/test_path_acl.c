/* SPDX-License-Identifier: MIT */
/* Whose access lists are looked at on the way to a file, and what becomes of one that nobody may
 * read. Windows' function is another one here: Wine lets everything be read. */
#include "tests/unit/cmocka_test.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "base/win32/path_acl.h"

#include <aclapi.h>
#include <sddl.h>

static const char16_t PROGRAM[] = u"C:\\Programs\\bin\\x.exe";

/* What lies on the way; the rest does not exist. */
static struct place {
    const char16_t *path;
    const wchar_t *access; /* NULL: it cannot be read */
} places[] = {{u"C:\\Programs\\bin\\x.exe", NULL},
              {u"C:\\Programs\\bin", NULL},
              {u"C:\\Programs", NULL},
              {u"C:\\", NULL}};

static const wchar_t CLOSED[] = L"O:BAD:(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;BU)";
static const wchar_t OPEN[] = L"O:BAD:(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1301bf;;;BU)";

static DWORD WINAPI read_access(LPWSTR path, SE_OBJECT_TYPE type, SECURITY_INFORMATION what,
                                PSID *owner, PSID *group, PACL *dacl, PACL *sacl,
                                PSECURITY_DESCRIPTOR *descriptor)
{
    (void)type, (void)what, (void)owner, (void)group, (void)dacl, (void)sacl;
    for (size_t i = 0; i < ARRAY_COUNT(places); i++)
        if (text_equal(places[i].path, path))
            return !places[i].access ? (DWORD)ERROR_ACCESS_DENIED
                   : ConvertStringSecurityDescriptorToSecurityDescriptorW(
                         places[i].access, SDDL_REVISION_1, descriptor, NULL)
                       ? 0
                       : GetLastError();
    return ERROR_FILE_NOT_FOUND;
}

/* Where the calls of a function of a DLL go: the linker takes this one instead of advapi32's. */
#ifdef _WIN64
void *__imp_GetNamedSecurityInfoW = (void *)read_access;
#else
void *replaced_function __asm__("__imp__GetNamedSecurityInfoW@32") = (void *)read_access;
#endif

static bool is_user(const void *context, PSID account)
{
    (void)context;
    return !file_acl_trusts(account, NULL);
}

static bool find(struct path_finding *finding)
{
    *finding = (struct path_finding){.descriptor = NULL};
    return path_acl_find(PROGRAM, true, is_user, NULL, finding);
}

static int close_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(places); i++)
        places[i].access = CLOSED;
    return 0;
}

static void test_nothing_is_found_where_only_administrators_write(void **state)
{
    CLEANUP(path_finding_free) struct path_finding finding;
    (void)state;
    assert_false(find(&finding));
    assert_int_equal(finding.error, 0);
}

static void test_each_place_on_the_way_is_looked_at(void **state)
{
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        CLEANUP(path_finding_free) struct path_finding finding;
        close_all(state);
        places[i].access = OPEN;
        const bool is_found = find(&finding);
        /* Users may delete it, but no root can be deleted. */
        assert_int_equal(is_found, places[i].path[3] != 0);
        if (is_found)
            assert_true(text_equal(finding.path, places[i].path));
    }
}

static void test_what_cannot_be_read_is_told_as_such(void **state)
{
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        CLEANUP(path_finding_free) struct path_finding finding;
        char16_t account[ACCOUNT_UNITS];
        close_all(state);
        places[i].access = NULL;
        assert_false(find(&finding));
        assert_int_equal(finding.error, ERROR_ACCESS_DENIED);
        assert_true(text_equal(finding.path, places[i].path));
        path_finding_describe(&finding, account);
        assert_true(text_equal(account, u"somebody, because its access list cannot be read"));
    }
}

static void test_an_account_counts_more_than_what_cannot_be_read(void **state)
{
    CLEANUP(path_finding_free) struct path_finding finding;
    (void)state;
    places[0].access = NULL;
    places[1].access = OPEN;
    assert_true(find(&finding));
    assert_true(text_equal(finding.path, places[1].path));
}

#define TEST(name) cmocka_unit_test_setup(name, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_is_found_where_only_administrators_write),
        TEST(test_each_place_on_the_way_is_looked_at),
        TEST(test_what_cannot_be_read_is_told_as_such),
        TEST(test_an_account_counts_more_than_what_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
