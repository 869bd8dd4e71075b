/* SPDX-License-Identifier: MIT */
/* Coordinates the processes that run this service: a mutex.
 *
 * Any program can create an object with this name before the service does. An object of a foreign
 * owner is not used, because a user could otherwise make every session wait. In that case the mutex
 * works within this process only. */
#include "system/win32/registry.h"

#include "base/log.h"
#include "base/win32/handles.h"
#include "base/win32/sids.h"

#include <aclapi.h>
#include <sddl.h>

/* The same name for every instance and brand: all of them share what it guards. */
static const char16_t mutex_name[] = u"Global\\GatehouseNetworkRegistry";

enum { ENTER_MILLISECONDS = 10000 };

struct own_user {
    TOKEN_USER user; /* the SID that it points to is in `sid` */
    unsigned char sid[SECURITY_MAX_SID_SIZE];
};

/* Gets the user of this process: SYSTEM for the service, an administrator for -cleanup. */
static bool exclusion_get_own_user(struct own_user *own)
{
    HANDLE token;
    DWORD size;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return false;
    bool is_known = GetTokenInformation(token, TokenUser, own, sizeof(*own), &size);
    CloseHandle(token);
    return is_known;
}

/* True if the owner is the user of this process, SYSTEM, or a group of administrators. */
static bool exclusion_is_trusted(HANDLE object, PSID own)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    if (GetSecurityInfo(object, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL,
                        NULL, &descriptor))
        return false;
    return EqualSid(owner, own) || sid_is_privileged(owner);
}

/* SYSTEM and administrators, who may run -cleanup, have access. */
static const char16_t object_access[] = u"O:BAG:BAD:P(A;;GA;;;SY)(A;;GA;;;BA)";

/* Opens the object of this name or creates it. Returns NULL, with GetLastError(), if it cannot be
 * opened or belongs to a foreign owner. */
static HANDLE exclusion_open_object(const char16_t *name)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    struct own_user own;
    if (!exclusion_get_own_user(&own) || !ConvertStringSecurityDescriptorToSecurityDescriptorW(
                                             object_access, SDDL_REVISION_1, &descriptor, NULL))
        return NULL;
    SECURITY_ATTRIBUTES attributes = {sizeof(attributes), descriptor, FALSE};
    HANDLE object = CreateMutexW(&attributes, FALSE, name);
    bool exists = object && GetLastError() == ERROR_ALREADY_EXISTS;
    if (exists && !exclusion_is_trusted(object, own.user.User.Sid)) {
        CloseHandle(object);
        SetLastError(ERROR_INVALID_OWNER);
        return NULL;
    }
    return object;
}

/* ---- the mutex ---- */

static BOOL CALLBACK exclusion_open_mutex(INIT_ONCE *once, void *parameter, void **context)
{
    (void)once;
    (void)parameter;
    *context = exclusion_open_object(mutex_name);
    if (!*context) {
        log_error(GetLastError(), "Other instances of the service can't be kept away from search "
                                  "lists and NRPT rules");
        *context = CreateMutexW(NULL, FALSE, NULL);
    }
    return *context != NULL;
}

static HANDLE exclusion_get_mutex(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    void *mutex = NULL;
    return InitOnceExecuteOnce(&once, exclusion_open_mutex, NULL, &mutex) ? mutex : NULL;
}

/* WAIT_ABANDONED: the process that held the mutex died in the middle of an operation. That is
 * harmless, because each operation reads again what it changes. */
uint32_t win32_enter(struct registry *self)
{
    HANDLE mutex = exclusion_get_mutex();
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
    ReleaseMutex(exclusion_get_mutex());
}
