/* SPDX-License-Identifier: MIT */
/* What keeps the processes of this service out of each other's way: a mutex, and an event that is
 * there as long as some process has domains in a search list.
 *
 * Both have names that any program can take before us; one that does not belong to us is not used,
 * or a user could make every session wait. Then the threads of this process still exclude each
 * other, and what other processes do is unknown: search lists count as in use. */
#include "system/win32/registry.h"

#include "base/log.h"
#include "base/win32/handles.h"

#include <aclapi.h>
#include <sddl.h>

/* The same for every instance and every brand, since they share what it guards. */
static const char16_t MUTEX_NAME[] = u"Global\\GatehouseNetworkRegistry";
static const char16_t EVENT_NAME[] = u"Global\\GatehouseSearchListUsers";

enum { ENTER_MILLISECONDS = 10000 };

struct own_user {
    TOKEN_USER user; /* its SID points behind it */
    unsigned char sid[SECURITY_MAX_SID_SIZE];
};

/* Who this process is: SYSTEM, as a service; an administrator who cleans up. */
static bool get_own_user(struct own_user *own)
{
    HANDLE token;
    DWORD size;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return false;
    bool is_known = GetTokenInformation(token, TokenUser, own, sizeof(*own), &size);
    CloseHandle(token);
    return is_known;
}

/* The owner of what SYSTEM makes is SYSTEM or, by Windows' default for administrators, their
 * group. */
static bool is_trusted(HANDLE object, PSID own)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;

    if (GetSecurityInfo(object, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL,
                        NULL, &descriptor))
        return false;
    return EqualSid(owner, own) || IsWellKnownSid(owner, WinLocalSystemSid) ||
           IsWellKnownSid(owner, WinBuiltinAdministratorsSid);
}

typedef HANDLE create_function(SECURITY_ATTRIBUTES *attributes, const char16_t *name);

static HANDLE create_mutex(SECURITY_ATTRIBUTES *attributes, const char16_t *name)
{
    return CreateMutexW(attributes, FALSE, name);
}

static HANDLE create_event(SECURITY_ATTRIBUTES *attributes, const char16_t *name)
{
    return CreateEventW(attributes, TRUE, FALSE, name);
}

/* For SYSTEM, and for an administrator who cleans up. */
static const char16_t ACCESS[] = u"O:BAG:BAD:P(A;;GA;;;SY)(A;;GA;;;BA)";

/* The object of that name, made if it is not there; NULL when that is not to be had. `*was_there`
 * says whether another process had it. */
static HANDLE open_shared(create_function *create, const char16_t *name, bool *was_there)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    struct own_user own;

    if (!get_own_user(&own) || !ConvertStringSecurityDescriptorToSecurityDescriptorW(
                                   ACCESS, SDDL_REVISION_1, &descriptor, NULL))
        return NULL;
    SECURITY_ATTRIBUTES attributes = {sizeof(attributes), descriptor, FALSE};
    HANDLE object = create(&attributes, name);
    *was_there = object && GetLastError() == ERROR_ALREADY_EXISTS;
    if (*was_there && !is_trusted(object, own.user.User.Sid)) {
        *was_there = false;
        CloseHandle(object);
        SetLastError(ERROR_INVALID_OWNER);
        return NULL;
    }
    return object;
}

/* ---- the mutex ---- */

static BOOL CALLBACK open_mutex(INIT_ONCE *once, void *parameter, void **context)
{
    bool ignored;

    (void)once;
    (void)parameter;
    *context = open_shared(create_mutex, MUTEX_NAME, &ignored);
    if (!*context) {
        log_error(GetLastError(), "Other instances of the service can't be kept away from search "
                                  "lists and NRPT rules");
        *context = CreateMutexW(NULL, FALSE, NULL);
    }
    return *context != NULL;
}

static HANDLE get_mutex(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    void *mutex = NULL;

    return InitOnceExecuteOnce(&once, open_mutex, NULL, &mutex) ? mutex : NULL;
}

/* Its owner may have died in the middle of an operation. What it left is either whole or has no
 * reader: each operation reads anew what it changes. */
uint32_t win32_enter(struct registry *self)
{
    HANDLE mutex = get_mutex();

    (void)self;
    if (!mutex)
        return log_error(GetLastError(), "CreateMutex");
    switch (WaitForSingleObject(mutex, ENTER_MILLISECONDS)) {
    case WAIT_OBJECT_0:
    case WAIT_ABANDONED:
        return 0;
    case WAIT_TIMEOUT:
        return log_error(ERROR_TIMEOUT, "Search lists and NRPT rules are in use for too long");
    default:
        return log_error(GetLastError(), "WaitForSingleObject");
    }
}

void win32_leave(struct registry *self)
{
    (void)self;
    ReleaseMutex(get_mutex());
}

/* ---- users of search lists ---- */

static SRWLOCK users_lock = SRWLOCK_INIT;
static unsigned user_count;
static HANDLE users_event; /* there while the count is not 0 */

void win32_count_search_user(struct registry *self, int more)
{
    bool ignored;

    (void)self;
    AcquireSRWLockExclusive(&users_lock);
    user_count += (unsigned)more;
    if (user_count && !users_event) {
        users_event = open_shared(create_event, EVENT_NAME, &ignored);
        if (!users_event)
            log_error(GetLastError(), "Other instances of the service can't be told that a search "
                                      "list is in use");
    } else if (!user_count && users_event) {
        CloseHandle(users_event);
        users_event = NULL;
    }
    ReleaseSRWLockExclusive(&users_lock);
}

bool win32_has_search_users(struct registry *self)
{
    bool was_there = false;

    (void)self;
    AcquireSRWLockExclusive(&users_lock);
    bool is_own = user_count > 0;
    ReleaseSRWLockExclusive(&users_lock);
    if (is_own)
        return true;
    HANDLE event = open_shared(create_event, EVENT_NAME, &was_there);
    if (event)
        CloseHandle(event);
    return was_there || !event;
}
