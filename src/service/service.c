/* SPDX-License-Identifier: MIT */
#include "service/service.h"

#include "base/log.h"
#include "base/text.h"
#include "product.h"
#include "resource/resources.h"
#include "service/install_folder.h"
#include "system/programs.h"
#include "undo/win32/boot.h"

/* Logged at each start, because ACLs may have changed since the installation. */
static void log_folder_finding(const char16_t *path, const char16_t *account, const char16_t *sid)
{
    (void)sid;
    log_error_of(
        LOG_INSTALLATION, 0,
        "%s may be changed by %s, who can so run programs as this service or as its users. "
        "Let only administrators write there",
        UTF8(path), UTF8(account));
}

static void log_missing(const char16_t *what, const char16_t *path, uint32_t error)
{
    log_error_of(LOG_INSTALLATION, error, "%s: %s", UTF8(what), UTF8(path));
}

/* Without a journal this run of Windows is not known: a restart that is needed is taken for one
 * that has been. */
static void open_updates(struct service *service)
{
    uint64_t boot = 0;
    boot_identity_read(PRODUCT_STATE_KEY, service->recovery.place.service, &boot);
    updates_open(&service->updates, &service->settings, &service->sessions, service->stop, boot);
}

uint32_t service_open(struct service *service, const char16_t *instance)
{
    uint32_t error = settings_read(instance, &service->settings);
    if (error)
        return error;
    service->start = GetTickCount64();
    clients_open(&service->clients, &service->settings);
    clients_open(&service->control_clients, &service->settings);
    session_list_open(&service->sessions);
    service->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    service->checked = CreateEventW(NULL, TRUE, TRUE, NULL);
    if (!service->stop || !service->checked)
        return log_error(GetLastError(), "CreateEvent");
    service->network = service->recovery.network = recovery_network(&service->settings);
    error = recovery_start(&service->recovery, instance);
    service->ledger = service->recovery.ledger;
    profile_store_open(&service->profiles, instance,
                       service->settings.takes_user_profiles || service->settings.is_strict);
    guard_open(&service->guard, &service->settings, service->network);
    upkeep_open(&service->upkeep, &service->recovery, &service->guard.keeper);
    open_updates(service);
    return error;
}

static VOID CALLBACK check_installation_callback(PTP_CALLBACK_INSTANCE instance, void *context)
{
    struct service *service = context;
    (void)instance;
    install_folder_find_missing(&service->settings, log_missing);
    install_folder_check(&service->settings, true, log_folder_finding);
    SetEvent(service->checked);
}

void service_check_installation(struct service *service)
{
    ResetEvent(service->checked);
    if (TrySubmitThreadpoolCallback(check_installation_callback, service, NULL))
        return;
    SetEvent(service->checked);
    log_error_of(LOG_INSTALLATION, GetLastError(),
                 "The access lists of the installation folders cannot be checked");
}

void service_stop(struct service *service)
{
    atomic_store(&service->stopping, true);
    SetEvent(service->stop);
    session_list_stop(&service->sessions);
}

/* Waits at most `milliseconds` for the clients of each pipe. Returns how many are left. */
static uint32_t wait_for_clients(struct service *service, uint32_t milliseconds)
{
    uint32_t left = clients_wait_for_none(&service->clients, milliseconds);
    return left + clients_wait_for_none(&service->control_clients, left ? 0 : milliseconds);
}

/* Waits for every session with an openvpn.exe: it has changes to undo, and has time limits of its
 * own. Other sessions have changed nothing and may hang in a file that their user keeps locked, so
 * they are waited for a few seconds; the end of the process ends them. */
void service_drain(struct service *service)
{
    enum { INTERVAL_MILLISECONDS = 500, OTHERS_MILLISECONDS = 5000, CHECK_MILLISECONDS = 2000 };
    ULONGLONG start = GetTickCount64();
    while (wait_for_clients(service, INTERVAL_MILLISECONDS) > 0) {
        if (clients_running(&service->clients) == 0 &&
            GetTickCount64() - start > OTHERS_MILLISECONDS) {
            log_information(
                "The service stops while clients without an openvpn.exe are still connected");
            break;
        }
    }
    updates_close(&service->updates);
    upkeep_close(&service->upkeep);
    guard_close(&service->guard);
    programs_win32_stop();
    size_t left = resources_retry(service->ledger, service->network);
    WaitForSingleObject(service->checked, CHECK_MILLISECONDS);
    if (left)
        log_error_of(LOG_UNDO_FAILED, ERROR_GEN_FAILURE, "%u network changes could not be undone",
                     (unsigned)left);
}

void service_close(struct service *service)
{
    /* A thread that is left still uses all this, so it is left to the end of the process. */
    if (wait_for_clients(service, 0) > 0)
        return;
    keeper_close(&service->guard.keeper);
    profile_store_close(&service->profiles);
    recovery_close(&service->recovery);
    service->ledger = NULL;
    if (service->stop)
        CloseHandle(service->stop);
    service->stop = NULL;
}
