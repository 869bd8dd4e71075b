/* SPDX-License-Identifier: MIT */
#include "service/startup/child_security.h"

#include "base/text.h"
#include "base/win32/handles.h"

#include <sddl.h>

enum {
    SDDL_UNITS = 1024,
    /* READ_CONTROL, SYNCHRONIZE, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_VM_READ,
     * PROCESS_TERMINATE, PROCESS_QUERY_INFORMATION */
    USER_PROCESS_ACCESS = 0x00121411,
    /* SYNCHRONIZE, PROCESS_QUERY_LIMITED_INFORMATION: -cleanup looks whether it lives */
    ADMINISTRATORS_PROCESS_ACCESS = 0x00101000,
    /* READ_CONTROL, SYNCHRONIZE, THREAD_QUERY_INFORMATION, THREAD_QUERY_LIMITED_INFORMATION. The
     * bits of the process would mean something else here, such as setting the registers. */
    USER_THREAD_ACCESS = 0x00120840,
    ALL_ACCESS = 0x001fffff, /* of a process and of a thread alike */
};

static struct failure service_sid_text(char16_t **text)
{
    CLEANUP_HANDLE HANDLE token = NULL;
    CLEANUP_FREE TOKEN_USER *user = NULL;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return last_failure(u"OpenProcessToken");
    uint32_t error = token_information(token, TokenUser, (void **)&user);
    if (error == ERROR_NOT_ENOUGH_MEMORY)
        return failure_of(error, u"malloc (service token user)");
    if (error)
        return failure_of(error, u"GetTokenInformation (service token)");
    if (!IsValidSid(user->User.Sid))
        return failure_of(ERROR_INVALID_SID, u"IsValidSid (service token user)");
    if (!ConvertSidToStringSidW(user->User.Sid, text))
        return last_failure(u"ConvertSDDL");
    return NO_FAILURE;
}

/* The service owns the object, because an owner can always change the ACL. */
static struct failure make_descriptor(const char16_t *service, const char16_t *user,
                                      unsigned user_access, unsigned administrators_access,
                                      PSECURITY_DESCRIPTOR *descriptor)
{
    char16_t sddl[SDDL_UNITS];
    struct text text = TEXT_ON(sddl);
    text_append(&text, u"O:");
    text_append(&text, service);
    text_append_format(&text, "D:(A;;0x%x;;;", ALL_ACCESS);
    text_append(&text, service);
    text_append_format(&text, ")(A;;0x%x;;;", user_access);
    text_append(&text, user);
    text_append(&text, u")");
    if (administrators_access)
        text_append_format(&text, "(A;;0x%x;;;BA)", administrators_access);
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl, SDDL_REVISION_1, descriptor,
                                                              NULL))
        return last_failure(u"ConvertSDDL");
    return NO_FAILURE;
}

struct failure child_security_make(const struct caller *caller, struct child_security *security)
{
    CLEANUP_LOCAL char16_t *service = NULL;
    CLEANUP_LOCAL char16_t *user = NULL;
    struct failure failure = service_sid_text(&service);
    if (!failed(failure) && !ConvertSidToStringSidW((PSID)caller->sid, &user))
        failure = last_failure(u"ConvertSDDL");
    if (!failed(failure))
        failure = make_descriptor(service, user, USER_PROCESS_ACCESS, ADMINISTRATORS_PROCESS_ACCESS,
                                  &security->process);
    if (!failed(failure))
        failure = make_descriptor(service, user, USER_THREAD_ACCESS, 0, &security->thread);
    if (failed(failure))
        child_security_free(security);
    return failure;
}

void child_security_free(struct child_security *security)
{
    LocalFree(security->process);
    LocalFree(security->thread);
    *security = (struct child_security){NULL, NULL};
}
