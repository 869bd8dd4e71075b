/* SPDX-License-Identifier: MIT */
/* Telling Windows' DNS client to read its settings again. Facts: docs/protocol.md, "Applying". */
#include "system/win32/registry.h"

#include "base/log.h"
#include "base/win32/handles.h"

/* WNF_GPOL_SYSTEM_CHANGES: what Windows publishes itself after a change of group policy. The
 * function is not in Microsoft's documentation; the reference depends on it, too. */
#define GROUP_POLICY_CHANGED UINT64_C(0x0D891E2AA3BC0875)

/* Its parameters are one 64-bit name by value, a type id, data and their size, and a scope. On x86
 * the name takes two places on the stack, as the declaration says by itself. */
typedef LONG NTAPI publish_state_data(uint64_t state_name, const GUID *type, const void *data,
                                      ULONG size, const void *scope);

static void publish_group_policy(void)
{
    HMODULE ntdll = GetModuleHandleW(u"ntdll.dll");
    publish_state_data *publish =
        ntdll
            ? (publish_state_data *)(void (*)(void))GetProcAddress(ntdll, "RtlPublishWnfStateData")
            : NULL;

    if (!publish) {
        log_error(ERROR_PROC_NOT_FOUND, "RtlPublishWnfStateData: the group policy of DNS is not "
                                        "read again");
        return;
    }
    LONG status = publish(GROUP_POLICY_CHANGED, NULL, NULL, 0, NULL);
    if (status < 0)
        log_error((uint32_t)status, "RtlPublishWnfStateData failed");
}

static void notify_dns_client(void)
{
    CLEANUP_SERVICE SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SERVICE_STATUS status;
    if (!manager) {
        log_error(GetLastError(), "OpenSCManager");
        return;
    }
    CLEANUP_SERVICE SC_HANDLE client = OpenServiceW(manager, u"Dnscache", SERVICE_PAUSE_CONTINUE);
    if (!client)
        log_error(GetLastError(), "OpenService Dnscache");
    else if (!ControlService(client, SERVICE_CONTROL_PARAMCHANGE, &status))
        log_error(GetLastError(), "ControlService Dnscache");
}

static void win32_apply(struct dns_client *self, bool group_policy)
{
    (void)self;
    if (group_policy)
        publish_group_policy();
    notify_dns_client();
}

struct dns_client *dns_client_win32(void)
{
    static struct dns_client table = {
        .apply = win32_apply,
    };
    return &table;
}
