/* SPDX-License-Identifier: MIT */
#include "service/state/guard.h"

#include "base/log.h"
#include "base/text.h"
#include "base/uuid.h"
#include "base/win32/account.h"
#include "base/win32/handles.h"
#include "base/win32/path_acl.h"
#include "product.h"
#include "service/final_path.h"
#include "service/names.h"

enum { CHECK_MILLISECONDS = 60000, RETRY_MILLISECONDS = 2000 };

/* ---- the setting `firewall_programs` ---- */

/* The paths, each with its terminator, and how many. */
struct program_list {
    char16_t text[SETTING_PROGRAMS];
    const char16_t *paths[KILL_SWITCH_PROGRAMS];
    size_t count;
};

static bool may_replace_program(const void *context, PSID account)
{
    (void)context;
    return !file_acl_trusts(account, NULL);
}

static bool is_absolute(const char16_t *path)
{
    const char16_t drive = *path | 0x20;
    return drive >= 'a' && drive <= 'z' && path[1] == ':' && path[2] == '\\';
}

/* Where the program really lies. What is not there now could be made by anybody later. */
static uint32_t resolve_path(const char16_t *given, char16_t path[POLICY_PATH_UNITS])
{
    CLEANUP_HANDLE HANDLE file = CreateFileW(given, FILE_READ_ATTRIBUTES,
                                             FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                             NULL, OPEN_EXISTING, 0, NULL);
    if (file != INVALID_HANDLE_VALUE)
        return final_path_of(file, path);
    file = NULL;
    return GetLastError();
}

/* Whoever could replace the program could reach the gateways with another one. */
static bool may_be_listed(const char16_t *given, const struct settings *settings)
{
    CLEANUP(path_finding_free) struct path_finding finding = {.descriptor = NULL};
    char16_t path[POLICY_PATH_UNITS], account[ACCOUNT_UNITS];
    if (!is_absolute(given)) {
        log_error_of(LOG_SETTING, 0, "firewall_programs: %s is not used: it is no absolute path",
                     UTF8(given));
        return false;
    }
    uint32_t error = resolve_path(given, path);
    if (error) {
        log_error_of(LOG_SETTING, error,
                     "firewall_programs: %s is not used: it can't be opened. Restart the service "
                     "when it is there",
                     UTF8(given));
        return false;
    }
    if (settings->allow_writable_install ||
        (!path_acl_find(path, true, may_replace_program, NULL, &finding) &&
         !path_acl_find(given, true, may_replace_program, NULL, &finding) && !finding.error))
        return true;
    path_finding_describe(&finding, account);
    log_error_of(LOG_SETTING, 0, "firewall_programs: %s is not used: %s may be changed by %s",
                 UTF8(given), UTF8(finding.path), UTF8(account));
    return false;
}

static void list_program(struct program_list *list, const char16_t *path,
                         const struct settings *settings)
{
    if (!*path || !may_be_listed(path, settings))
        return;
    if (list->count < KILL_SWITCH_PROGRAMS)
        list->paths[list->count++] = path;
    else
        log_error_of(LOG_SETTING, 0, "firewall_programs: %s is not used: there may be %u at most",
                     UTF8(path), (unsigned)KILL_SWITCH_PROGRAMS);
}

/* No name of a file has a bar. */
static void list_programs(struct program_list *list, const struct settings *settings)
{
    struct text text = TEXT_ON(list->text);
    text_append(&text, settings->firewall_programs);
    for (char16_t *path = list->text, *end; path; path = end) {
        end = (char16_t *)text_find(path, '|');
        if (end)
            *end++ = 0;
        list_program(list, path, settings);
    }
}

/* ---- the platform ---- */

static struct program_list listed;

struct kill_switch_engine *guard_engine(const char16_t *instance, const struct settings *settings)
{
    static char16_t service[NAME_UNITS];
    struct kill_switch_engine_options options = {
        .owner.instance = instance,
        .name = PRODUCT_DISPLAY_NAME u": kill switch",
        .service = service,
        .openvpn = settings ? settings->exe_path : u"",
    };
    name_of_service(instance, service);
    uuid_parse(PRODUCT_FIREWALL_SPACE, &options.owner.space);
    if (settings)
        list_programs(&listed, settings);
    for (size_t i = 0; i < listed.count; i++)
        options.further[i] = listed.paths[i];
    return kill_switch_engine_win32(&options);
}

/* ---- looking after it ---- */

static void guard_set_timer(struct guard *guard, DWORD milliseconds)
{
    ULARGE_INTEGER due = {.QuadPart = (ULONGLONG) - (milliseconds * 10000LL)};
    FILETIME first = {.dwLowDateTime = due.LowPart, .dwHighDateTime = due.HighPart};
    if (guard->timer)
        SetThreadpoolTimer(guard->timer, &first, 0, 0);
}

static void guard_wake(void *context, bool at_once)
{
    struct guard *guard = context;
    AcquireSRWLockExclusive(&guard->lock);
    guard->is_woken |= at_once;
    guard_set_timer(guard, at_once ? guard->pause : CHECK_MILLISECONDS);
    ReleaseSRWLockExclusive(&guard->lock);
}

/* What fails again and again is tried less and less often. */
static VOID CALLBACK guard_check(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer)
{
    struct guard *guard = context;
    uint32_t error;
    (void)instance;
    (void)timer;
    AcquireSRWLockExclusive(&guard->lock);
    guard->is_woken = false;
    ReleaseSRWLockExclusive(&guard->lock);
    const bool goes_on = keeper_check(&guard->keeper, &error);
    AcquireSRWLockExclusive(&guard->lock);
    guard->pause = error ? 2 * guard->pause : (DWORD)RETRY_MILLISECONDS;
    if (guard->pause > CHECK_MILLISECONDS)
        guard->pause = CHECK_MILLISECONDS;
    if (goes_on && !guard->is_woken)
        guard_set_timer(guard, error ? guard->pause : CHECK_MILLISECONDS);
    ReleaseSRWLockExclusive(&guard->lock);
}

void guard_open(struct guard *guard, const struct settings *settings, struct network *network)
{
    const struct keeper_options options = {
        .engine = guard_engine(settings->instance, settings),
        .network = network,
        .program_count = listed.count,
        .wake = guard_wake,
        .context = guard,
    };
    InitializeSRWLock(&guard->lock);
    guard->pause = RETRY_MILLISECONDS;
    guard->timer = CreateThreadpoolTimer(guard_check, guard, NULL);
    if (!guard->timer)
        log_error_of(LOG_KILL_SWITCH_FAILED, GetLastError(),
                     "The kill switch is not looked after: there is no timer");
    keeper_open(&guard->keeper, &options);
    keeper_begin(&guard->keeper);
}

void guard_close(struct guard *guard)
{
    AcquireSRWLockExclusive(&guard->lock);
    PTP_TIMER timer = guard->timer;
    guard->timer = NULL;
    ReleaseSRWLockExclusive(&guard->lock);
    if (!timer)
        return;
    SetThreadpoolTimer(timer, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    CloseThreadpoolTimer(timer);
}
