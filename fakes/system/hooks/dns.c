/* SPDX-License-Identifier: MIT */
/* How programs make Windows' DNS client read its settings: its service, its cache, and the
 * notification of a new group policy. No DNS client is modelled: the calls succeed and are
 * recorded. */
#include "dns_service.h"
#include "engine_service.h"
#include "install.h"
#include "listed_services.h"

/* A handle of the Dnscache service points to the requested access. */
static struct dns_service {
    DWORD access;
} dns_services[16];
static LONG dns_service_count;

REAL(OpenSCManagerW);
REAL(OpenServiceW);
REAL(ControlService);
REAL(QueryServiceStatus);
REAL(QueryServiceStatusEx);
REAL(CloseServiceHandle);
REAL(GetProcAddress);
static void *real_DnsFlushResolverCache, *real_RtlPublishWnfStateData;

static const struct dns_service *dns_service(SC_HANDLE service)
{
    for (size_t i = 0; i < ARRAYSIZE(dns_services); i++)
        if ((void *)service == (void *)&dns_services[i])
            return &dns_services[i];
    return NULL;
}

bool dns_service_is(SC_HANDLE handle)
{
    return dns_service(handle);
}

static SC_HANDLE WINAPI hook_OpenSCManagerW(const wchar_t *machine, const wchar_t *database,
                                            DWORD access)
{
    struct watch watch;
    SC_HANDLE manager = NULL;
    uint32_t error = watch_begin(&watch, CALL_OpenSCManagerW);
    record_hex(&watch.record, "access", access);
    if (!error) {
        manager = real_OpenSCManagerW(machine, database, access);
        error = manager ? 0 : GetLastError();
    }
    watch_end_bool(&watch, error);
    return manager;
}

static SC_HANDLE WINAPI hook_OpenServiceW(SC_HANDLE manager, const wchar_t *name, DWORD access)
{
    struct watch watch;
    SC_HANDLE service = NULL;
    uint32_t error = watch_begin(&watch, CALL_OpenServiceW);
    record_wide(&watch.record, "name", name);
    record_hex(&watch.record, "access", access);
    if (!error && listed_service_open(name, &service, &error)) {
        ; /* the test says what it is */
    } else if (!error && name && _wcsicmp(name, L"Dnscache") == 0) {
        LONG number = InterlockedIncrement(&dns_service_count);
        struct dns_service *place = &dns_services[(ULONG)number % ARRAYSIZE(dns_services)];
        place->access = access;
        service = (SC_HANDLE)place;
    } else if (!error && name && _wcsicmp(name, L"BFE") == 0) {
        service = engine_service_open(access);
        error = service ? 0 : GetLastError();
    } else if (!error) {
        service = real_OpenServiceW(manager, name, access);
        error = service ? 0 : GetLastError();
    }
    watch_end_bool(&watch, error);
    return service;
}

static const SERVICE_STATUS dns_status = {
    .dwServiceType = SERVICE_WIN32_SHARE_PROCESS,
    .dwCurrentState = SERVICE_RUNNING,
    .dwControlsAccepted = SERVICE_ACCEPT_PARAMCHANGE | SERVICE_ACCEPT_NETBINDCHANGE,
};

/* Dnscache accepts PARAMCHANGE; it can't be stopped or paused. */
static uint32_t control_dns(const struct dns_service *service, DWORD control,
                            SERVICE_STATUS *status)
{
    if (control != SERVICE_CONTROL_PARAMCHANGE)
        return ERROR_INVALID_SERVICE_CONTROL;
    if (!(service->access & SERVICE_PAUSE_CONTINUE))
        return ERROR_ACCESS_DENIED;
    *status = dns_status;
    return 0;
}

static BOOL WINAPI hook_ControlService(SC_HANDLE service, DWORD control, SERVICE_STATUS *status)
{
    struct watch watch;
    const struct dns_service *dns = dns_service(service);
    uint32_t error = watch_begin(&watch, CALL_ControlService);
    if (dns)
        record_utf8(&watch.record, "name", "Dnscache");
    record_number(&watch.record, "control", control);
    if (!error && dns)
        error = control_dns(dns, control, status);
    else if (!error && !real_ControlService(service, control, status))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_QueryServiceStatus(SC_HANDLE service, SERVICE_STATUS *status)
{
    if (!dns_service(service))
        return real_QueryServiceStatus(service, status);
    *status = dns_status;
    return TRUE;
}

static BOOL WINAPI hook_QueryServiceStatusEx(SC_HANDLE service, SC_STATUS_TYPE level, BYTE *buffer,
                                             DWORD size, DWORD *needed)
{
    if (!dns_service(service) && !engine_service_is(service) && !listed_service(service))
        return real_QueryServiceStatusEx(service, level, buffer, size, needed);
    *needed = sizeof(SERVICE_STATUS_PROCESS);
    if (size < *needed) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    SERVICE_STATUS_PROCESS status = {
        .dwServiceType = dns_status.dwServiceType,
        .dwCurrentState = dns_status.dwCurrentState,
        .dwControlsAccepted = dns_status.dwControlsAccepted,
        .dwProcessId = GetCurrentProcessId(),
    };
    listed_service_status(service, &status);
    memcpy(buffer, &status, sizeof(status));
    return TRUE;
}

static BOOL WINAPI hook_CloseServiceHandle(SC_HANDLE handle)
{
    return dns_service(handle) || listed_service(handle) || engine_service_close(handle) ||
           real_CloseServiceHandle(handle);
}

/* dnsapi.dll exports it without documentation. */
static BOOL WINAPI hook_DnsFlushResolverCache(void)
{
    struct watch watch;
    return watch_end_bool(&watch, watch_begin(&watch, CALL_DnsFlushResolverCache));
}

/* ntdll.dll's; the state name is eight bytes that are passed by value. An NTSTATUS. */
static LONG WINAPI hook_RtlPublishWnfStateData(ULONGLONG state, const void *type,
                                               const void *buffer, ULONG size, const void *scope)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_RtlPublishWnfStateData);
    (void)type, (void)buffer, (void)scope;
    record_hex(&watch.record, "state", state);
    record_number(&watch.record, "size", size);
    return (LONG)watch_end(&watch, error);
}

/* For programs that look up undocumented functions by name. */
static FARPROC WINAPI hook_GetProcAddress(HMODULE dll, const char *name)
{
    static const struct {
        const char *name;
        void *function;
    } fakes[] = {
        {"DnsFlushResolverCache", (void *)hook_DnsFlushResolverCache},
        {"RtlPublishWnfStateData", (void *)hook_RtlPublishWnfStateData},
    };
    if ((ULONG_PTR)name > 0xFFFF) /* not an ordinal */
        for (size_t i = 0; i < ARRAYSIZE(fakes); i++)
            if (strcmp(fakes[i].name, name) == 0)
                return (FARPROC)(void (*)(void))fakes[i].function;
    return real_GetProcAddress(dll, name);
}

static const struct hook hooks[] = {
    HOOK(OpenSCManagerW),        HOOK(OpenServiceW),           HOOK(ControlService),
    HOOK(QueryServiceStatus),    HOOK(QueryServiceStatusEx),   HOOK(CloseServiceHandle),
    HOOK(DnsFlushResolverCache), HOOK(RtlPublishWnfStateData), HOOK(GetProcAddress),
};
const struct hook_list dns_hooks = {hooks, ARRAYSIZE(hooks)};
