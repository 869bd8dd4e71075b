/* SPDX-License-Identifier: MIT */
#include "service/admin/cleanup.h"

#include "base/log.h"
#include "base/win32/handles.h"
#include "resource/resources.h"
#include "service/admin/ask_service.h"
#include "service/admin/console.h"
#include "service/admin/installed.h"
#include "service/eventlog.h"
#include "service/state/guard.h"
#include "service/state/recovery.h"

enum {
    STEP_MILLISECONDS = 50,
    SETTLE_MILLISECONDS = 30000, /* for a service that is starting or stopping */
    ANSWER_MILLISECONDS = 60000, /* for one that tries to undo */
    FILE_MILLISECONDS = 5000
};

/* ---- saying ---- */

static void say_left(void *context, const char *line)
{
    (void)context;
    say_line(u"Not undone: ", line, 0);
}

static uint32_t explain_cleanup(uint32_t error, const char16_t *what)
{
    char16_t buffer[SYSTEM_TEXT_UNITS + 16];
    struct text reason = TEXT_ON(buffer);
    system_text_append(&reason, error);
    say(u"%1: %2%n", what, buffer);
    return error;
}

/* Prints how many changes are left, and returns the result of the command. `error` is of what other
 * services have left, and has been printed. */
static uint32_t say_conclusion(size_t left, uint32_t error)
{
    if (!left && !error)
        say(u"Nothing is left to undo.%n");
    if (!left)
        return error;
    say(u"%1!u! network changes could not be undone. They are tried again by the service "
        u"every few minutes and at its starts, and by -cleanup.%n",
        (unsigned)left);
    return ERROR_GEN_FAILURE;
}

static bool is_run_by_administrator(void)
{
    unsigned char sid[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof(sid);
    BOOL is_member = FALSE;
    return CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, sid, &size) &&
           CheckTokenMembership(NULL, sid, &is_member) && is_member;
}

/* ---- the service runs ---- */

static DWORD service_state(SC_HANDLE service)
{
    SERVICE_STATUS_PROCESS status;
    return installed_query(service, &status) ? (DWORD)SERVICE_STOPPED : status.dwCurrentState;
}

/* Waits while the service is starting or stopping. Returns whether it runs then. */
static bool wait_until_decided(SC_HANDLE service)
{
    ULONGLONG start = GetTickCount64();
    DWORD state = service_state(service);
    while (state != SERVICE_RUNNING && state != SERVICE_STOPPED &&
           GetTickCount64() - start < SETTLE_MILLISECONDS) {
        Sleep(STEP_MILLISECONDS);
        state = service_state(service);
    }
    return state != SERVICE_STOPPED;
}

static uint32_t process_of(SC_HANDLE service)
{
    SERVICE_STATUS_PROCESS status;
    return installed_query(service, &status) ? 0 : status.dwProcessId;
}

/* What other services have left is cleaned up by this process: the service undoes its own changes
 * only. Returns false when the service has ended meanwhile: while it runs, nobody else can use its
 * journal. */
static bool have_service_undo(struct recovery *recovery, const char16_t *instance,
                              SC_HANDLE service, uint32_t *error)
{
    struct journal_place *place = &recovery->place;
    size_t before = 0, left = 0;
    recovery_list(place, true, NULL, NULL, &before);
    *error = ask_service(instance, process_of(service), u"cleanup", ANSWER_MILLISECONDS);
    if (*error && !wait_until_decided(service))
        return false;
    if (*error) {
        explain_cleanup(*error, *error == WAIT_TIMEOUT
                                    ? u"The service has not finished undoing what is left"
                                    : u"The service can't be asked to undo what is left");
        return true;
    }
    recovery->clean_up_error = recovery_clean_up(recovery);
    *error = recovery_list(place, true, say_left, NULL, &left);
    if (*error) {
        explain_cleanup(*error, u"The journal of the service can't be read: see the event log");
        return true;
    }
    say(u"The service runs. Of %1!u! network changes that belong to no connection, %2!u! are "
        u"undone or have been changed by others since.%n",
        (unsigned)before, (unsigned)(before > left ? before - left : 0));
    *error = say_conclusion(left, recovery->clean_up_error);
    return true;
}

/* ---- it does not ---- */

/* `*file` is NULL without an error when there is no journal. */
static uint32_t open_journal_for_cleanup(struct journal_place *place, struct journal_file **file)
{
    uint32_t error = journal_place_open(place, true, FILE_MILLISECONDS, file);
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
        return 0;
    if (error == ERROR_UNTRUSTED) {
        say(u"Not used: %1, because %2. Only administrators may be able to write it: find out who "
            u"has made it, and delete it.%n",
            place->refused, place->why);
        return error;
    }
    return error ? explain_cleanup(error, u"The journal of the service can't be opened") : 0;
}

/* `is_installed`: there may be a service of this instance. */
static uint32_t undo_in_this_process(struct recovery *recovery, bool is_installed)
{
    struct journal_file *file = NULL;
    size_t left = 0;
    uint32_t error = open_journal_for_cleanup(&recovery->place, &file);
    bool has_journal = file, is_unknown = !error && !file && !is_installed;
    if (is_unknown)
        say(u"There is neither a service \"%1\" nor a journal of one, so there is nothing of it to "
            u"undo. Check the instance id.%n",
            recovery->place.service);
    uint32_t failure = recovery_run(recovery, file);
    if (failure)
        return failure;
    const struct ledger_summary *summary = &recovery->summary;
    if (has_journal)
        say(u"Network changes put back: %1!u!, gone already: %2!u!, left as they are because "
            u"others have changed them: %3!u!.%n",
            (unsigned)summary->changed, (unsigned)summary->unchanged,
            (unsigned)summary->left_alone);
    if (has_journal && !recovery->journal)
        error = ERROR_INVALID_DATA; /* logged by recovery_run() */
    else if (has_journal)
        error = recovery_list(&recovery->place, false, say_left, NULL, &left);
    recovery_close(recovery);
    if (error || is_unknown)
        return error ? error : recovery->clean_up_error;
    return say_conclusion(left, recovery->clean_up_error);
}

/* ---- the kill switch ---- */

/* Also while the service runs: it sees that somebody has removed it, and leaves it so. */
uint32_t cleanup_kill_switch(const char16_t *instance)
{
    struct kill_switch_engine *engine = guard_engine(instance, NULL);
    struct kill_switch_found found;
    uint32_t error = engine->read(engine, &found);
    if (!error)
        error = engine->remove(engine);
    if (error)
        return explain_cleanup(error, u"The kill switch can't be looked for in Windows' filtering "
                                      u"platform. If it blocks, it goes on blocking");
    if (found.is_up)
        say(u"The kill switch was up. It is removed: nothing is blocked any more.%n");
    return 0;
}

/* ---- the command ---- */

static uint32_t undo_changes(const char16_t *instance)
{
    static struct settings settings; /* the network keeps pointers to it */
    static struct recovery recovery;
    CLEANUP_SERVICE SC_HANDLE service = NULL;
    uint32_t error = journal_place_find(instance, &recovery.place);
    if (error)
        return explain_cleanup(error, u"The folder ProgramData can't be found");
    if (settings_exist(instance))
        settings_read(instance, &settings);
    recovery.network = recovery_network(&settings);
    uint32_t missing = installed_open(recovery.place.service, SERVICE_QUERY_STATUS, &service);
    if (service && wait_until_decided(service) &&
        have_service_undo(&recovery, instance, service, &error))
        return error;
    return undo_in_this_process(&recovery, missing != ERROR_SERVICE_DOES_NOT_EXIST);
}

static uint32_t require_administrator(void)
{
    if (is_run_by_administrator())
        return 0;
    say(u"This needs administrator rights: open a command prompt with \"Run as "
        u"administrator\" and try again.%n");
    return ERROR_ACCESS_DENIED;
}

/* Whatever becomes of the changes, nobody stays locked out. */
uint32_t cleanup_instance(const char16_t *instance)
{
    uint32_t error = require_administrator();
    if (error)
        return error;
    uint32_t locked = cleanup_kill_switch(instance);
    error = undo_changes(instance);
    return error ? error : locked;
}

uint32_t undo_instance(const char16_t *instance)
{
    uint32_t error = require_administrator();
    return error ? error : undo_changes(instance);
}

uint32_t unblock_instance(const char16_t *instance)
{
    uint32_t error = require_administrator();
    if (!error)
        error = cleanup_kill_switch(instance);
    if (!error)
        say(u"No filter of the kill switch is left.%n");
    return error;
}
