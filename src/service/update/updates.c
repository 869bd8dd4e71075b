/* SPDX-License-Identifier: MIT */
#include "service/update/updates.h"

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "product.h"
#include "service/update/installing.h"
#include "service/update/trust_store.h"
#include "update/win32/crypto.h"

#include <process.h>
#include <time.h>

/* ---- the attempt on the disk ---- */

static uint32_t write_attempt(const struct update_attempt *attempt)
{
    CLEANUP(update_folder_close) struct update_folder folder = {.held = NULL};
    uint8_t bytes[ATTEMPT_RECORD_SIZE];
    uint32_t error = update_folder_open(&folder, true);
    if (error)
        return error;
    if (attempt->state == ATTEMPT_NONE)
        return update_folder_delete(&folder, UPDATE_ATTEMPT_FILE);
    attempt_encode(attempt, bytes);
    return update_folder_write(&folder, UPDATE_ATTEMPT_FILE, bytes, sizeof(bytes));
}

uint32_t updates_store(struct updates *updates, const struct update_attempt *attempt)
{
    uint32_t error = write_attempt(attempt);
    if (error)
        return log_error_of(LOG_UPDATE_FAILED, error,
                            "The state of the update to version %s cannot be stored",
                            attempt->version);
    AcquireSRWLockExclusive(&updates->lock);
    updates->attempt = *attempt;
    updates->is_unstored = false;
    ReleaseSRWLockExclusive(&updates->lock);
    return 0;
}

static void set_attempt(struct updates *updates, const struct update_attempt *attempt)
{
    AcquireSRWLockExclusive(&updates->lock);
    updates->attempt = *attempt;
    ReleaseSRWLockExclusive(&updates->lock);
}

void updates_conclude(struct updates *updates, const struct update_attempt *attempt)
{
    if (!updates_store(updates, attempt))
        return;
    AcquireSRWLockExclusive(&updates->lock);
    updates->attempt = *attempt;
    updates->is_unstored = true;
    ReleaseSRWLockExclusive(&updates->lock);
}

/* One that is missing is none. */
static uint32_t read_attempt(const struct update_folder *folder, struct update_attempt *attempt)
{
    CLEANUP_FREE void *bytes = NULL;
    size_t size = 0;
    *attempt = (struct update_attempt){.state = ATTEMPT_NONE};
    uint32_t error =
        update_folder_read(folder, UPDATE_ATTEMPT_FILE, ATTEMPT_RECORD_SIZE, &bytes, &size);
    if (error == ERROR_FILE_NOT_FOUND)
        return 0;
    if (!error && !attempt_decode(bytes, size, attempt))
        error = ERROR_INVALID_DATA;
    return error;
}

/* What other instances have done since is on the disk. */
void updates_look(struct updates *updates, struct update_attempt *attempt)
{
    CLEANUP(update_folder_close) struct update_folder folder = {.held = NULL};
    struct update_attempt stored;
    AcquireSRWLockShared(&updates->lock);
    *attempt = updates->attempt;
    const bool is_newest = updates->turn || updates->is_unstored;
    ReleaseSRWLockShared(&updates->lock);
    if (!is_newest && !update_folder_open(&folder, false) && !read_attempt(&folder, &stored))
        *attempt = stored;
}

/* ---- what was accepted ---- */

void updates_accepted(struct updates *updates, uint64_t *root, uint64_t *manifest)
{
    CLEANUP(update_folder_close) struct update_folder folder = {.held = NULL};
    CLEANUP_UPDATE_CRYPTO struct update_crypto *crypto = NULL;
    CLEANUP_UPDATE_TRUST struct update_trust *trust = NULL;
    struct update_refusal refusal;
    char channel[UPDATE_CHANNEL_SIZE];
    *root = *manifest = 0;
    const bool has_folder = update_folder_open(&folder, false) == 0;
    if (update_crypto_open(&crypto) ||
        trust_store_load(has_folder ? &folder : NULL, crypto, &trust, &refusal))
        return;
    text_to_line(updates->settings->update_channel, channel, sizeof(channel));
    const struct update_accepted *accepted = update_record_find(&trust->record, channel);
    *root = trust->root.version;
    *manifest = accepted ? accepted->version : 0;
}

/* ---- the start of the service ---- */

static void report_outcome(const struct update_attempt *attempt)
{
    if (attempt->state == ATTEMPT_INSTALLED)
        log_information_of(LOG_UPDATE_INSTALLED, "The update to version %s is installed",
                           attempt->version);
    else if (attempt->state == ATTEMPT_FAILED)
        log_error_of(LOG_UPDATE_FAILED, attempt->code,
                     "The update to version %s has failed, and version %s runs. It is not tried "
                     "again by itself: %s",
                     attempt->version, UTF8(PRODUCT_VERSION), UTF8(attempt_reason(attempt->code)));
    else if (attempt->code && attempt->tries <= 1)
        log_information_of(LOG_UPDATE_WAITS, "The update to version %s is not installed yet: %s",
                           attempt->version, UTF8(attempt_reason(attempt->code)));
}

/* The file name of a package is ASCII (attempt.h). */
static void sweep_packages(const struct update_folder *folder, const struct update_attempt *attempt)
{
    char16_t units[ATTEMPT_PACKAGE_SIZE];
    struct text kept = TEXT_ON(units);
    const bool is_needed = attempt->state != ATTEMPT_NONE && attempt->state != ATTEMPT_FAILED;
    text_append_ascii(&kept, attempt->package);
    update_folder_sweep(folder, is_needed ? units : NULL);
}

/* A record that is damaged tells nothing: the version that runs is what there is. */
static void judge_attempt(struct updates *updates, const struct update_folder *folder)
{
    struct update_attempt attempt = updates->attempt;
    uint32_t error = updates->is_unstored ? 0 : read_attempt(folder, &attempt);
    if (error)
        log_error_of(LOG_UPDATE_FAILED, error,
                     "What has become of the last update cannot be read: version %s runs",
                     UTF8(PRODUCT_VERSION));
    const bool has_changed = installing_judge(updates, &attempt);
    if (has_changed)
        report_outcome(&attempt);
    if (has_changed)
        updates_conclude(updates, &attempt);
    else
        set_attempt(updates, &attempt);
    sweep_packages(folder, &attempt);
}

uint32_t updates_take_turn(struct updates *updates, const struct update_folder *folder)
{
    HANDLE turn = NULL;
    AcquireSRWLockShared(&updates->lock);
    const bool has_turn = updates->turn != NULL;
    ReleaseSRWLockShared(&updates->lock);
    if (has_turn)
        return 0;
    uint32_t error = update_folder_lock(folder, &turn);
    if (error)
        return error;
    judge_attempt(updates, folder);
    AcquireSRWLockExclusive(&updates->lock);
    updates->turn = turn;
    updates->owner.size = 0; /* what waits may be another instance's */
    ReleaseSRWLockExclusive(&updates->lock);
    return 0;
}

/* Gives it back when nothing is left to be done. The caller has the lock. */
static void end_turn(struct updates *updates)
{
    if (!updates->is_offering && !updates->is_running)
        close_handle(&updates->turn);
}

static void judge_last_attempt(struct updates *updates)
{
    CLEANUP(update_folder_close) struct update_folder folder = {.held = NULL};
    if (update_folder_report(&folder, update_folder_open(&folder, false)))
        return;
    uint32_t error = updates_take_turn(updates, &folder);
    if (error && error != ERROR_LOCK_VIOLATION)
        log_error_of(LOG_UPDATE_FAILED, error,
                     "The folder of updates cannot be locked, so what has become of the last "
                     "update is not looked at");
}

void updates_open(struct updates *updates, const struct settings *settings,
                  struct session_list *sessions, HANDLE stop, uint64_t boot)
{
    *updates =
        (struct updates){.settings = settings, .sessions = sessions, .stop = stop, .boot = boot};
    InitializeSRWLock(&updates->lock);
    InitializeConditionVariable(&updates->changed);
    judge_last_attempt(updates);
}

/* ---- the thread ---- */

/* What waits does so until updates are installed again, if that is switched off. */
static bool is_unfinished(const struct updates *updates, const struct update_attempt *attempt)
{
    return attempt->state == ATTEMPT_INSTALLING ||
           (attempt->state == ATTEMPT_WAITING && updates->settings->updates == UPDATES_INSTALL);
}

/* Returns false: nothing is to be done, and the thread ends. */
static bool next_work(struct updates *updates, struct update_work *work)
{
    AcquireSRWLockExclusive(&updates->lock);
    while (updates->is_offering && !updates->is_closed)
        SleepConditionVariableSRW(&updates->changed, &updates->lock, INFINITE, 0);
    *work = (struct update_work){updates->attempt, updates->generation, updates->owner};
    const bool has_work = !updates->is_closed &&
                          WaitForSingleObject(updates->stop, 0) != WAIT_OBJECT_0 &&
                          is_unfinished(updates, &work->attempt);
    if (!has_work) {
        updates->is_running = false;
        end_turn(updates);
        WakeAllConditionVariable(&updates->changed);
    }
    ReleaseSRWLockExclusive(&updates->lock);
    return has_work;
}

static unsigned __stdcall updates_thread(void *argument)
{
    struct updates *updates = argument;
    struct update_work work;
    while (next_work(updates, &work)) {
        const enum attempt_state before = work.attempt.state;
        installing_step(updates, &work);
        if (work.attempt.state != before)
            report_outcome(&work.attempt);
    }
    return 0;
}

static uint32_t start_updates_thread(struct updates *updates)
{
    enum { STACK_SIZE = 256 * 1024 };
    uintptr_t thread = _beginthreadex(NULL, STACK_SIZE, updates_thread, updates,
                                      STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (!thread)
        return ERROR_NO_SYSTEM_RESOURCES;
    CloseHandle((HANDLE)thread);
    updates->is_running = true;
    return 0;
}

void updates_begin(struct updates *updates)
{
    uint32_t error = 0;
    AcquireSRWLockExclusive(&updates->lock);
    if (updates->turn && !updates->is_running && !updates->is_closed &&
        is_unfinished(updates, &updates->attempt))
        error = start_updates_thread(updates);
    end_turn(updates);
    ReleaseSRWLockExclusive(&updates->lock);
    if (error)
        log_error_of(LOG_UPDATE_FAILED, error,
                     "The thread that installs updates cannot be started. The update waits for "
                     "the next start of this service");
}

void updates_close(struct updates *updates)
{
    AcquireSRWLockExclusive(&updates->lock);
    updates->is_closed = true;
    WakeAllConditionVariable(&updates->changed);
    while (updates->is_running)
        SleepConditionVariableSRW(&updates->changed, &updates->lock, INFINITE, 0);
    end_turn(updates);
    ReleaseSRWLockExclusive(&updates->lock);
}
