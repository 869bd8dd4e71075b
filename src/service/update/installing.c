/* SPDX-License-Identifier: MIT */
#include "service/update/installing.h"

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "product.h"
#include "service/program.h"
#include "service/update/installer.h"
#include "service/update/package.h"
#include "update/win32/crypto.h"

#include <time.h>

enum {
    RETRY_MILLISECONDS = 10000, /* after another installation was found running */
    LOOK_MILLISECONDS = 2000,   /* how often to look whether another offer was accepted */
    MOST_PROGRAM_SIZE = 64 << 20
};

static struct attempt_facts facts_now(const struct updates *updates)
{
    return (struct attempt_facts){
        .running = PRODUCT_VERSION, .boot = updates->boot, .now = (uint64_t)time(NULL)};
}

bool installing_judge(struct updates *updates, struct update_attempt *attempt)
{
    CLEANUP(installer_close) struct installer installer = {.process = NULL};
    struct attempt_facts facts = facts_now(updates);
    facts.installer_runs =
        attempt->state == ATTEMPT_INSTALLING &&
        !installer_find(attempt->process_id, attempt->process_created, &installer);
    return attempt_judge(attempt, &facts);
}

static void fail_attempt(struct updates *updates, struct update_attempt *attempt, uint32_t code)
{
    attempt_set(attempt, ATTEMPT_FAILED, code, (uint64_t)time(NULL));
    updates_conclude(updates, attempt);
}

/* ---- waiting ---- */

static bool is_outdated(struct updates *updates, uint64_t generation)
{
    AcquireSRWLockShared(&updates->lock);
    const bool is = updates->is_closed || updates->generation != generation;
    ReleaseSRWLockShared(&updates->lock);
    return is || WaitForSingleObject(updates->stop, 0) == WAIT_OBJECT_0;
}

/* Leaves the sessions in the list, first and counted, that are others'. */
static void choose_others(const struct update_owner *owner, struct control_sessions *sessions)
{
    size_t others = 0;
    for (size_t i = 0; i < sessions->count; i++) {
        const struct control_session *session = sessions->items[i];
        if (owner->size && session->owner_size == owner->size &&
            memcmp(session->owner, owner->sid, owner->size) == 0)
            continue;
        sessions->items[i] = sessions->items[others];
        sessions->items[others++] = session;
    }
    sessions->count = others;
}

/* Waits a moment for the sessions of others. Returns how many are left; without memory, one. */
static size_t wait_for_others(struct updates *updates, const struct update_owner *owner)
{
    struct control_sessions all = {0};
    if (session_list_copy(updates->sessions, &all)) {
        WaitForSingleObject(updates->stop, LOOK_MILLISECONDS);
        return 1;
    }
    struct control_sessions others = all;
    choose_others(owner, &others);
    session_list_wait(updates->sessions, &others, GetTickCount64() + LOOK_MILLISECONDS);
    session_list_release(updates->sessions, &all);
    return others.count;
}

/* Returns false when the service stops, or another offer was accepted. */
static bool wait_until_ready(struct updates *updates, const struct update_work *work)
{
    if (work->attempt.code == INSTALLER_IS_BUSY)
        WaitForSingleObject(updates->stop, RETRY_MILLISECONDS);
    while (!is_outdated(updates, work->generation))
        if (!work->attempt.when_idle || !wait_for_others(updates, &work->owner))
            return true;
    return false;
}

/* From here on no other offer is taken over. Returns false if one was. */
static bool claim_work(struct updates *updates, const struct update_work *work)
{
    AcquireSRWLockExclusive(&updates->lock);
    updates->is_claimed = true; /* before the wait: offers without an end must not prolong it */
    while (updates->is_offering && !updates->is_closed)
        SleepConditionVariableSRW(&updates->changed, &updates->lock, INFINITE, 0);
    updates->is_claimed = !updates->is_closed && updates->generation == work->generation;
    const bool is_claimed = updates->is_claimed;
    ReleaseSRWLockExclusive(&updates->lock);
    return is_claimed;
}

static void release_work(struct updates *updates)
{
    AcquireSRWLockExclusive(&updates->lock);
    updates->is_claimed = false;
    ReleaseSRWLockExclusive(&updates->lock);
}

/* ---- installing ---- */

static uint32_t read_own_program(void **bytes, DWORD *size)
{
    CLEANUP_HANDLE HANDLE file = NULL;
    CLEANUP_FREE void *made = NULL;
    char16_t path[PROGRAM_UNITS];
    uint32_t error = program_path(path);
    if (error)
        return error;
    file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    const DWORD length = GetFileSize(file, NULL);
    if (length > MOST_PROGRAM_SIZE)
        return ERROR_FILE_TOO_LARGE;
    made = malloc(length);
    if (!made)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!ReadFile(file, made, length, size, NULL))
        return GetLastError();
    if (*size != length)
        return ERROR_HANDLE_EOF;
    *bytes = TAKE(made);
    return 0;
}

/* With this program a machine that the kill switch blocks is opened, and what the journal holds is
 * undone, if the installation leaves no other one. */
static uint32_t leave_rescue_copy(const struct update_folder *folder)
{
    CLEANUP_FREE void *bytes = NULL;
    DWORD size = 0;
    uint32_t error = read_own_program(&bytes, &size);
    return error ? error : update_folder_write(folder, UPDATE_RESCUE_FILE, bytes, size);
}

/* Power may have failed while the package waited, or an administrator may have cleaned up. */
static uint32_t verify_package(const struct update_folder *folder, const struct updates *updates,
                               const struct update_attempt *attempt, const char16_t *name)
{
    CLEANUP_UPDATE_CRYPTO struct update_crypto *crypto = NULL;
    struct update_package package = {.size = attempt->size};
    struct update_refusal refusal;
    memcpy(package.digest, attempt->digest, sizeof(package.digest));
    uint32_t error = update_crypto_open(&crypto);
    const struct stored_package stored = {.folder = folder,
                                          .name = name,
                                          .package = &package,
                                          .crypto = crypto,
                                          .stop = updates->stop};
    return error ? error : package_verify(&stored, &refusal);
}

/* The state is on the disk before the installer may end this process. */
static uint32_t start_installer(struct updates *updates, const struct update_folder *folder,
                                struct update_attempt *attempt, const char16_t *name)
{
    char16_t package[UPDATE_PATH_UNITS], log[UPDATE_PATH_UNITS];
    uint32_t error = update_folder_path(folder, name, package);
    if (!error)
        error = update_folder_path(folder, UPDATE_LOG_FILE, log);
    if (error)
        return error;
    attempt->tries++;
    attempt->boot = updates->boot;
    attempt->process_id = 0;
    attempt_set(attempt, ATTEMPT_INSTALLING, 0, (uint64_t)time(NULL));
    error = updates_store(updates, attempt);
    if (!error)
        error = installer_start(package, log, &updates->installer);
    if (error)
        return error;
    attempt->process_id = updates->installer.process_id;
    attempt->process_created = updates->installer.created;
    updates_conclude(updates, attempt);
    return 0;
}

static void install(struct updates *updates, struct update_attempt *attempt)
{
    CLEANUP(update_folder_close) struct update_folder folder = {.held = NULL};
    char16_t units[ATTEMPT_PACKAGE_SIZE];
    struct text name = TEXT_ON(units);
    text_append_ascii(&name, attempt->package);
    uint32_t error = update_folder_open(&folder, true);
    if (!error)
        error = verify_package(&folder, updates, attempt, units);
    if (error == ERROR_SHUTDOWN_IN_PROGRESS)
        return;
    if (!error)
        error = leave_rescue_copy(&folder);
    if (!error)
        error = start_installer(updates, &folder, attempt, units);
    if (error)
        fail_attempt(updates, attempt, error);
}

/* ---- its outcome ---- */

static void await_installer(struct updates *updates, struct update_attempt *attempt)
{
    struct installer *installer = &updates->installer;
    const struct attempt_facts facts = facts_now(updates);
    uint32_t code = 0, error = 0;
    if (!installer->process)
        error = installer_find(attempt->process_id, attempt->process_created, installer);
    if (!error)
        error = installer_wait(installer, updates->stop, &code);
    installer_close(installer);
    if (error == ERROR_SHUTDOWN_IN_PROGRESS)
        return;
    if (error)
        attempt_judge(attempt, &facts); /* it has ended, and its code is not known */
    else
        attempt_end(attempt, code, &facts);
    updates_conclude(updates, attempt);
}

void installing_step(struct updates *updates, struct update_work *work)
{
    if (work->attempt.state == ATTEMPT_INSTALLING) {
        await_installer(updates, &work->attempt);
    } else if (wait_until_ready(updates, work) && claim_work(updates, work)) {
        install(updates, &work->attempt);
        release_work(updates);
    }
}
