/* SPDX-License-Identifier: MIT */
#include "service/pipe_name.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/sids.h"

#include <aclapi.h>
#include <sddl.h>

enum {
    /* What is longer stays with its writer until it is read. Room for the longest start-up data;
     * for replies none, so that a write ends when the client has read it (session.c). Not 0, which
     * may mean Windows' default. */
    INPUT_QUOTA = 16 * 1024,
    OUTPUT_QUOTA = 1,
    LISTENING_MILLISECONDS = 1000, /* a server that serves one client after the other */
    PATIENCE_MILLISECONDS = 5000,  /* for clients of a dead server to close their handles */
    RETRY_MILLISECONDS = 250
};

static uint32_t make_instance(const char16_t *name, const char16_t *security, DWORD first,
                              HANDLE *instance)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(security, SDDL_REVISION_1,
                                                              &descriptor, NULL))
        return GetLastError();
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes),
                                      .lpSecurityDescriptor = descriptor};
    *instance = CreateNamedPipeW(
        name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | WRITE_DAC | first,
        PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
        PIPE_UNLIMITED_INSTANCES, OUTPUT_QUOTA, INPUT_QUOTA, 0, &attributes);
    if (*instance != INVALID_HANDLE_VALUE)
        return 0;
    *instance = NULL;
    return GetLastError();
}

uint32_t pipe_instance_make(const char16_t *name, const char16_t *security, HANDLE *instance)
{
    return make_instance(name, security, 0, instance);
}

void pipe_instance_close(HANDLE *instance)
{
    if (*instance)
        DisconnectNamedPipe(*instance);
    close_handle(instance);
}

/* ---- a name that exists ---- */

/* Windows stores generic rights as the rights of files that they stand for. */
static DWORD mapped_rights(DWORD rights)
{
    GENERIC_MAPPING files = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                             FILE_ALL_ACCESS};
    MapGenericMask(&rights, &files);
    return rights;
}

/* Entries that allow and deny have one layout. */
static bool entries_are_equal(const ACCESS_ALLOWED_ACE *a, const ACCESS_ALLOWED_ACE *b)
{
    return a->Header.AceType == b->Header.AceType &&
           (a->Header.AceType == ACCESS_ALLOWED_ACE_TYPE ||
            a->Header.AceType == ACCESS_DENIED_ACE_TYPE) &&
           mapped_rights(a->Mask) == mapped_rights(b->Mask) &&
           EqualSid((PSID)&a->SidStart, (PSID)&b->SidStart);
}

static bool lists_are_equal(PACL a, PACL b)
{
    if (!a || !b || a->AceCount != b->AceCount)
        return false;
    for (DWORD i = 0; i < a->AceCount; i++) {
        void *of_a, *of_b;
        if (!GetAce(a, i, &of_a) || !GetAce(b, i, &of_b) || !entries_are_equal(of_a, of_b))
            return false;
    }
    return true;
}

bool pipe_is_secured(HANDLE instance, const char16_t *security)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR wanted = NULL, found = NULL;
    PACL wanted_list = NULL, found_list = NULL;
    BOOL is_present = FALSE, is_default;
    PSID owner = NULL;
    return ConvertStringSecurityDescriptorToSecurityDescriptorW(security, SDDL_REVISION_1, &wanted,
                                                                NULL) &&
           GetSecurityDescriptorDacl(wanted, &is_present, &wanted_list, &is_default) &&
           !GetSecurityInfo(instance, SE_KERNEL_OBJECT,
                            OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, NULL,
                            &found_list, NULL, &found) &&
           sid_is_privileged(owner) && lists_are_equal(wanted_list, found_list);
}

static uint32_t join_lingering_name(const char16_t *name, const char16_t *security,
                                    HANDLE *instance)
{
    uint32_t error = pipe_instance_make(name, security, instance);
    if (error || pipe_is_secured(*instance, security))
        return error;
    pipe_instance_close(instance);
    return ERROR_ACCESS_DENIED;
}

/* Logs who listens under the name; false: nobody. */
static bool is_served_by_other(const char16_t *name)
{
    ULONG server = 0;
    if (!WaitNamedPipeW(name, LISTENING_MILLISECONDS))
        return false;
    CLEANUP_HANDLE HANDLE client = CreateFileW(name, FILE_READ_ATTRIBUTES, 0, NULL, OPEN_EXISTING,
                                               SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
    if (client == INVALID_HANDLE_VALUE)
        client = NULL;
    else
        GetNamedPipeServerProcessId(client, &server);
    log_error_of(
        LOG_PIPE_NAME, ERROR_ACCESS_DENIED,
        "The pipe %s is served by process %lu: stop that program or service, and start this "
        "one again",
        UTF8(name), (unsigned long)server);
    return true;
}

uint32_t pipe_name_take(const char16_t *name, const char16_t *security, HANDLE *instance)
{
    const ULONGLONG start = GetTickCount64();
    for (;;) {
        uint32_t error = make_instance(name, security, FILE_FLAG_FIRST_PIPE_INSTANCE, instance);
        if (error == ERROR_ACCESS_DENIED) {
            if (is_served_by_other(name))
                return error;
            error = join_lingering_name(name, security, instance);
        }
        if (!error)
            return 0;
        if (error != ERROR_ACCESS_DENIED || GetTickCount64() - start >= PATIENCE_MILLISECONDS)
            return log_error_of(LOG_PIPE_NAME, error,
                                "Could not create the pipe %s: another program may hold its name",
                                UTF8(name));
        Sleep(RETRY_MILLISECONDS);
    }
}
