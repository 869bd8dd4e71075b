/* SPDX-License-Identifier: MIT */
/* The mutex of all instances, when somebody else has made an object of its name. */
#include "tests/unit/cmocka_test.h"

#include "base/win32/handles.h"
#include "system/win32/registry.h"

#include <process.h>
#include <sddl.h>

/* A plain user's, who lets everybody in and never lets go of it. */
static const char16_t of_a_user[] = u"O:BUG:BUD:(A;;GA;;;WD)";

static struct squatter {
    HANDLE mutex, holds_it, may_end;
} squatter;

static unsigned __stdcall hold_mutex(void *unused)
{
    (void)unused;
    WaitForSingleObject(squatter.mutex, INFINITE);
    SetEvent(squatter.holds_it);
    WaitForSingleObject(squatter.may_end, INFINITE);
    ReleaseMutex(squatter.mutex);
    return 0;
}

static HANDLE make_mutex(const char16_t *name, const char16_t *security)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorW(security, SDDL_REVISION_1,
                                                                     &descriptor, NULL));
    SECURITY_ATTRIBUTES attributes = {sizeof(attributes), descriptor, FALSE};
    HANDLE mutex = CreateMutexW(&attributes, FALSE, name);
    assert_non_null(mutex);
    assert_int_not_equal(GetLastError(), ERROR_ALREADY_EXISTS);
    return mutex;
}

static void test_a_mutex_of_a_user_keeps_nobody_waiting(void **state)
{
    (void)state;
    squatter.mutex = make_mutex(u"Global\\GatehouseNetworkRegistry", of_a_user);
    squatter.holds_it = CreateEventW(NULL, TRUE, FALSE, NULL);
    squatter.may_end = CreateEventW(NULL, TRUE, FALSE, NULL);
    CLEANUP_HANDLE HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, hold_mutex, NULL, 0, NULL);
    WaitForSingleObject(squatter.holds_it, INFINITE);
    assert_int_equal(win32_enter(NULL), 0);
    win32_leave(NULL);
    SetEvent(squatter.may_end);
    WaitForSingleObject(thread, INFINITE);
    close_handle(&squatter.may_end);
    close_handle(&squatter.holds_it);
    close_handle(&squatter.mutex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_mutex_of_a_user_keeps_nobody_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
