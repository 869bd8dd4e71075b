/* SPDX-License-Identifier: MIT */
#include "service/admin/install.h"

#include "base/text.h"
#include "base/win32/former_service.h"
#include "base/win32/handles.h"
#include "base/win32/service_config.h"
#include "product.h"
#include "service/admin/advice.h"
#include "service/admin/cleanup.h"
#include "service/admin/console.h"
#include "service/admin/control.h"
#include "service/admin/installed.h"
#include "service/admin/siblings.h"
#include "service/eventlog.h"
#include "service/profile_store.h"
#include "service/program.h"
#include "service/state/recovery.h"
#include "undo/win32/boot.h"

enum {
    COMMAND_UNITS = PROGRAM_UNITS + 200,
    PRESHUTDOWN_MILLISECONDS = 20000,
    FORGET_FAILURES_SECONDS = 24 * 60 * 60
};

/* The only privileges of LocalSystem that the service and its programs need. Windows removes the
 * others at the start of the process, for its children too. Reasons: docs/security.md,
 * "Privileges". */
static const char16_t PRIVILEGES[] =
    u"SeAssignPrimaryTokenPrivilege\0" /* CreateProcessAsUser with a user's token */
    u"SeIncreaseQuotaPrivilege\0"      /* likewise */
    u"SeImpersonatePrivilege\0"        /* see a client's token at full level */
    u"SeChangeNotifyPrivilege\0"       /* walk folders, as every process does */
    u"SeLoadDriverPrivilege\0";        /* tapctl.exe installs devices */

/* "<path>" or "<path>" -instance interactive <id> */
static uint32_t service_command(const char16_t *instance, char16_t command[COMMAND_UNITS])
{
    struct text text = text_on(command, COMMAND_UNITS);
    uint32_t error = program_append_quoted(&text);
    if (error)
        return error;
    if (*instance) {
        bool quote = text_find(instance, ' ') != NULL;
        text_append(&text, u" -instance interactive ");
        text_append(&text, quote ? u"\"" : u"");
        text_append(&text, instance);
        text_append(&text, quote ? u"\"" : u"");
    }
    return text.truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
}

/* Names the program of the service that has the name already, so that the reader knows what to
 * remove. */
static void explain_existing_service(SC_HANDLE manager, const char16_t *service)
{
    CLEANUP_SERVICE SC_HANDLE owner = OpenServiceW(manager, service, SERVICE_QUERY_CONFIG);
    CLEANUP_FREE QUERY_SERVICE_CONFIGW *config = NULL;
    bool known = owner && !service_config_read(owner, &config);
    say(u"A service named \"%1\" exists already. Its program is: %2%n", service,
        known ? config->lpBinaryPathName : L"(unknown)");
    say(u"If it belongs to OpenVPN or to an older version of this product, uninstall that first, "
        u"or remove only the service with: sc.exe delete \"%1\"%n"
        u"To have this program take the service over, until -remove gives it back: -takeover%n"
        u"To run beside it, choose another instance: -instance interactive <id> -install%n",
        service);
}

/* The service would make the folder too, but could report a failure to the event log only. */
static void prepare_journal(const char16_t *instance)
{
    char16_t aside[JOURNAL_PATH_UNITS] = u"", buffer[SYSTEM_TEXT_UNITS + 16];
    struct journal_place place = {0};
    struct text reason = TEXT_ON(buffer);
    uint32_t error = journal_place_find(instance, &place);
    if (!error)
        error = journal_place_make(&place, aside);
    if (*aside)
        say(u"Warning: %1 was not for administrators alone. It was renamed to %2: find out who has "
            u"made it, and delete it.%n",
            place.folder, aside);
    if (!error)
        return;
    system_text_append(&reason, error);
    say(u"Warning: %1 cannot be made, or not be closed to users: %2%nWithout it a crash of the "
        u"service leaves its network changes in place. Delete it, and restart the service.%n",
        place.folder, buffer);
}

/* Soon after a crash, because the start undoes what the crash has left. Also after a start that has
 * failed: memory may have been short, or another program may have held the pipe's name. The last
 * one is repeated for ever (Microsoft, "SERVICE_FAILURE_ACTIONS"), so a service that can't start at
 * all tries rarely. */
static SC_ACTION failure_actions[] = {
    {SC_ACTION_RESTART, 1000}, {SC_ACTION_RESTART, 30000}, {SC_ACTION_RESTART, 600000}};

/* What CreateService has no parameters for. The service works without these, so a failure is
 * printed and the installation goes on. */
static void set_service_details(SC_HANDLE service, const char16_t *name)
{
    SERVICE_DESCRIPTIONW description = {.lpDescription = (wchar_t *)PRODUCT_DESCRIPTION};
    SERVICE_REQUIRED_PRIVILEGES_INFOW privileges = {.pmszRequiredPrivileges =
                                                        (wchar_t *)PRIVILEGES};
    SERVICE_PRESHUTDOWN_INFO preshutdown = {.dwPreshutdownTimeout = PRESHUTDOWN_MILLISECONDS};
    SERVICE_FAILURE_ACTIONSW failures = {.dwResetPeriod = FORGET_FAILURES_SECONDS,
                                         .cActions = ARRAY_COUNT(failure_actions),
                                         .lpsaActions = failure_actions};
    SERVICE_FAILURE_ACTIONS_FLAG also_after_errors = {.fFailureActionsOnNonCrashFailures = TRUE};
    const struct {
        DWORD level;
        void *information;
        const char16_t *what;
    } details[] = {
        {SERVICE_CONFIG_DESCRIPTION, &description, u"set the description of"},
        {SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &privileges, u"limit the privileges of"},
        {SERVICE_CONFIG_PRESHUTDOWN_INFO, &preshutdown, u"set the shutdown time of"},
        {SERVICE_CONFIG_FAILURE_ACTIONS, &failures, u"set the restart after a crash of"},
        {SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &also_after_errors,
         u"set the restart after an error of"},
    };

    for (size_t i = 0; i < ARRAY_COUNT(details); i++)
        if (!ChangeServiceConfig2W(service, details[i].level, details[i].information))
            say_failure(GetLastError(), details[i].what, name);
}

/* What is beside the service itself. */
static void finish_installation(SC_HANDLE service, const char16_t *name, const char16_t *instance)
{
    set_service_details(service, name);
    uint32_t error = eventlog_register();
    if (error)
        say_failure(error, u"register the event source of", name);
    say(u"The service \"%1\" is installed.%n", name);
    prepare_journal(instance);
    advise_on_settings(instance);
    advise_on_installation(instance, true);
}

/* After Dhcp alone: the reference also waits for the driver tap0901, without which a machine with
 * newer adapters could not start it. */
static const wchar_t DEPENDENCIES[] = L"Dhcp\0";

uint32_t install_service(const char16_t *instance)
{
    CLEANUP_SERVICE SC_HANDLE manager = NULL;
    CLEANUP_SERVICE SC_HANDLE service = NULL;
    char16_t name[NAME_UNITS], display[NAME_UNITS], command[COMMAND_UNITS];
    name_of_service(instance, name);
    name_to_display(instance, display);
    uint32_t error = service_command(instance, command);
    if (error)
        return say_failure(error, u"install", name);
    manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CREATE_SERVICE | SC_MANAGER_CONNECT);
    if (!manager)
        return say_failure(GetLastError(), u"install", name);

    /* LocalSystem, automatic, a process of its own. */
    service = CreateServiceW(manager, name, display,
                             SERVICE_CHANGE_CONFIG | SERVICE_START /* for the restart */,
                             SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                             command, NULL, NULL, DEPENDENCIES, NULL, NULL);
    if (!service) {
        error = GetLastError();
        if (error != ERROR_SERVICE_EXISTS)
            return say_failure(error, u"install", name);
        explain_existing_service(manager, name);
        return error;
    }
    finish_installation(service, name, instance);
    return 0;
}

/* ---- -takeover ---- */

/* An own service of an earlier version keeps its start type; what was another program's is started
 * with Windows. */
static uint32_t change_service(SC_HANDLE service, const char16_t *instance, bool is_ours)
{
    char16_t display[NAME_UNITS], command[COMMAND_UNITS];
    uint32_t error = service_command(instance, command);
    if (error)
        return error;
    name_to_display(instance, display);
    return ChangeServiceConfigW(service, SERVICE_WIN32_OWN_PROCESS,
                                is_ours ? SERVICE_NO_CHANGE : SERVICE_AUTO_START,
                                SERVICE_ERROR_NORMAL, command, NULL, NULL, DEPENDENCIES,
                                L"LocalSystem", L"", display)
               ? 0
               : GetLastError();
}

static uint32_t take_over_existing(SC_HANDLE service, const char16_t *name,
                                   const char16_t *instance)
{
    CLEANUP_FREE QUERY_SERVICE_CONFIGW *config = NULL;
    char16_t program[PROGRAM_UNITS];
    uint32_t error = program_path(program);
    if (!error)
        error = service_config_read(service, &config);
    if (error)
        return error;
    const bool is_ours = service_command_runs(config->lpBinaryPathName, program);
    if (!is_ours) {
        say(u"The service \"%1\" is taken over. Its program was: %2%n", name,
            config->lpBinaryPathName);
        error = control_stop_and_wait(service, name);
        if (!error)
            error = former_service_remember(name, config);
    }
    if (!error)
        error = change_service(service, instance, is_ours);
    if (!error)
        finish_installation(service, name, instance);
    return error;
}

uint32_t take_over_service(const char16_t *instance)
{
    CLEANUP_SERVICE SC_HANDLE service = NULL;
    char16_t name[NAME_UNITS];
    name_of_service(instance, name);
    uint32_t error = installed_open(name,
                                    SERVICE_QUERY_CONFIG | SERVICE_CHANGE_CONFIG | SERVICE_START |
                                        SERVICE_STOP | SERVICE_QUERY_STATUS,
                                    &service);
    if (error == ERROR_SERVICE_DOES_NOT_EXIST)
        return install_service(instance);
    if (!error)
        error = take_over_existing(service, name, instance);
    return error ? say_failure(error, u"take over", name) : 0;
}

/* ---- -remove ---- */

/* Copies of users' profiles that a service has left which died: there may be keys in them. */
static void forget_profiles(const char16_t *instance)
{
    struct profile_store store = {.folder = NULL};
    profile_store_open(&store, instance, false);
}

/* A journal with changes that are still to be undone stays: for -cleanup, or for the service when
 * it is installed again. */
static void forget_journal_if_empty(const char16_t *instance)
{
    struct journal_place place = {0};
    size_t open = 0;
    uint32_t error = journal_place_find(instance, &place);
    if (!error)
        error = recovery_list(&place, false, NULL, NULL, &open);
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
        error = 0;
    if (!error && !open)
        error = journal_place_delete(&place);
    if (open)
        say(u"Network changes that could not be undone: %1!u!. The journal %2 stays; run this "
            u"program again with the same switches but -cleanup in place of -remove.%n",
            (unsigned)open, place.file);
    else if (error)
        say(u"The journal %1 stays: it cannot be read or not be deleted.%n", place.file);
    else
        boot_forget(PRODUCT_STATE_KEY, place.service);
}

/* Stops the service and deletes it, or gives it back to the program that had it. Another program's
 * is left: ERROR_SERVICE_DOES_NOT_EXIST, which has been said. */
static uint32_t give_up_service(const char16_t *name)
{
    CLEANUP_SERVICE SC_HANDLE service = NULL;
    CLEANUP_FREE QUERY_SERVICE_CONFIGW *config = NULL;
    char16_t program[PROGRAM_UNITS];
    uint32_t error = installed_open(name,
                                    SERVICE_QUERY_CONFIG | SERVICE_CHANGE_CONFIG | SERVICE_STOP |
                                        SERVICE_QUERY_STATUS | DELETE,
                                    &service);
    if (!error)
        error = program_path(program);
    if (!error)
        error = service_config_read(service, &config);
    if (error)
        return say_failure(error, u"remove", name);
    if (!service_command_runs(config->lpBinaryPathName, program)) {
        say(u"The service \"%1\" stays, because it runs another program: %2%n", name,
            config->lpBinaryPathName);
        former_service_forget(name);
        return ERROR_SERVICE_DOES_NOT_EXIST;
    }
    /* One that still runs would only be marked for deletion, which blocks a new installation. */
    error = control_stop_and_wait(service, name);
    if (error)
        say_failure(error, u"stop", name);
    if (former_service_give_back(service, name)) {
        say(u"The service \"%1\" belongs to the program again that had it before.%n", name);
        return 0;
    }
    return DeleteService(service) ? 0 : say_failure(GetLastError(), u"remove", name);
}

uint32_t withdraw_service(const char16_t *instance)
{
    char16_t name[NAME_UNITS];
    name_of_service(instance, name);
    uint32_t error = give_up_service(name);
    if (!error && !siblings_exist(name))
        eventlog_unregister();
    return error;
}

uint32_t remove_service(const char16_t *instance)
{
    char16_t name[NAME_UNITS];
    name_of_service(instance, name);
    uint32_t removed = withdraw_service(instance);
    if (removed && removed != ERROR_SERVICE_DOES_NOT_EXIST)
        return removed;
    forget_profiles(instance);
    forget_journal_if_empty(instance);
    uint32_t error = cleanup_kill_switch(instance);
    if (removed)
        return removed;
    say(u"The service \"%1\" is removed.%n", name);
    /* Where the platform does not run it blocks nothing, and does not put in force at its next
     * start what belongs to a service that has gone. */
    return error == EPT_S_NOT_REGISTERED ? 0 : error;
}
