/* SPDX-License-Identifier: MIT */
/* An offer: the files of a caller are opened, the newer roots and the manifest verified and what
 * they make this machine accept is stored; then the package is copied, its digest, its signature
 * and its signer are checked, and what is to be done stored. */
#include "service/update/updates.h"

#include "base/array.h"
#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/missing.h"
#include "product.h"
#include "service/update/caller_file.h"
#include "service/update/package.h"
#include "service/update/root_file.h"
#include "service/update/trust_store.h"
#include "update/win32/crypto.h"

#include <time.h>

#ifdef _WIN64
static const char ARCHITECTURE[] = "x86_64";
#else
static const char ARCHITECTURE[] = "i686";
#endif

enum { MOST_ROOTS = 32 };

/* What an offer needs until it is taken over. */
struct taking {
    struct updates *updates;
    const struct update_offer *offer;
    struct update_refusal *refusal;
    HANDLE manifest, package;
    HANDLE roots[MOST_ROOTS];
    struct update_folder folder;
    struct update_crypto *crypto;
    struct update_trust *trust;
    struct update_manifest accepted;
    const struct update_package *chosen;
};

static void taking_close(struct taking *taking)
{
    update_trust_close(&taking->trust);
    update_crypto_close(&taking->crypto);
    update_folder_close(&taking->folder);
    close_handle(&taking->manifest);
    close_handle(&taking->package);
    for (size_t i = 0; i < ARRAY_COUNT(taking->roots); i++)
        close_handle(&taking->roots[i]);
}

/* ---- what the caller can read ---- */

/* All of them before anything else: whoever may read a file can have the service wait here for as
 * long as they like (an oplock), and then only the caller of this offer waits. */
static uint32_t open_files(struct taking *taking)
{
    const struct update_offer *offer = taking->offer;
    struct update_refusal *refusal = taking->refusal;
    if (offer->root_count > MOST_ROOTS)
        return update_fail(refusal, ERROR_INVALID_PARAMETER);
    uint32_t error = caller_file_open(offer->caller, offer->manifest, &taking->manifest, refusal);
    if (!error)
        error = caller_file_open(offer->caller, offer->package, &taking->package, refusal);
    for (size_t i = 0; !error && i < offer->root_count; i++)
        error = caller_file_open(offer->caller, offer->roots[i], &taking->roots[i], refusal);
    return error;
}

/* ---- whose turn it is ---- */

static bool may_be_replaced(const struct update_attempt *attempt)
{
    return attempt->state != ATTEMPT_INSTALLING && attempt->state != ATTEMPT_RESTART_NEEDED;
}

/* What another instance has left is judged by now, and may be in the way. */
static uint32_t take_turn(struct taking *taking)
{
    struct update_attempt last;
    uint32_t error = updates_take_turn(taking->updates, &taking->folder);
    if (error == ERROR_LOCK_VIOLATION)
        return update_refuse(taking->refusal, UPDATE_BUSY);
    if (error)
        return update_folder_refuse(error, taking->refusal);
    updates_look(taking->updates, &last);
    return may_be_replaced(&last) ? 0 : update_refuse(taking->refusal, UPDATE_BUSY);
}

/* ---- what is trusted ---- */

/* What was accepted is stored whether or not the next step refuses. The first refusal is told. */
static uint32_t store_accepted(struct taking *taking, uint32_t error)
{
    struct update_refusal later = {0};
    uint32_t failed = trust_store_save(&taking->folder, taking->trust, &later);
    if (!error && failed)
        *taking->refusal = later;
    return error ? error : failed;
}

static uint32_t accept_root(struct taking *taking, HANDLE file)
{
    CLEANUP_FREE void *bytes = NULL;
    size_t size = 0;
    uint32_t error = caller_file_read(file, &bytes, &size, taking->refusal);
    if (error)
        return error;
    return store_accepted(taking,
                          update_trust_add_root(taking->trust, bytes, size, taking->refusal));
}

static uint32_t accept_manifest(struct taking *taking)
{
    CLEANUP_FREE void *bytes = NULL;
    char channel[UPDATE_CHANNEL_SIZE];
    size_t size = 0;
    uint32_t error = caller_file_read(taking->manifest, &bytes, &size, taking->refusal);
    if (error)
        return error;
    text_to_line(taking->updates->settings->update_channel, channel, sizeof(channel));
    return store_accepted(taking, update_trust_accept(taking->trust, bytes, size, channel,
                                                      (uint64_t)time(NULL), &taking->accepted,
                                                      taking->refusal));
}

static uint32_t accept_metadata(struct taking *taking)
{
    uint32_t error = update_folder_open(&taking->folder, true);
    error = update_fail(taking->refusal, update_folder_report(&taking->folder, error));
    if (!error)
        error = take_turn(taking);
    if (!error)
        error = update_fail(taking->refusal, update_crypto_open(&taking->crypto));
    if (!error)
        error = trust_store_load(&taking->folder, taking->crypto, &taking->trust, taking->refusal);
    if (error)
        root_file_report(taking->refusal);
    for (size_t i = 0; !error && i < taking->offer->root_count; i++)
        error = accept_root(taking, taking->roots[i]);
    return error ? error : accept_manifest(taking);
}

/* ---- which package ---- */

/* The true version: GetVersion tells programs what they say that they know. */
static struct update_version windows_version(void)
{
    RTL_OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof(version)};
    RtlGetVersion(&version);
    return (struct update_version){{(uint16_t)version.dwMajorVersion,
                                    (uint16_t)version.dwMinorVersion,
                                    (uint16_t)version.dwBuildNumber}};
}

static uint32_t check_not_failed_before(const struct taking *taking)
{
    struct update_attempt last;
    updates_look(taking->updates, &last);
    const bool is_the_same = last.state == ATTEMPT_FAILED && last.manifest &&
                             last.manifest == taking->accepted.version &&
                             memcmp(last.digest, taking->chosen->digest, UPDATE_DIGEST_SIZE) == 0;
    return is_the_same && !taking->offer->is_administrator
               ? update_refuse(taking->refusal, UPDATE_FAILED_BEFORE)
               : 0;
}

static uint32_t choose_package(struct taking *taking)
{
    char version[UPDATE_VERSION_TEXT];
    struct update_machine machine = {.architecture = ARCHITECTURE, .windows = windows_version()};
    text_to_line(PRODUCT_VERSION, version, sizeof(version));
    if (!update_version_parse(version, strlen(version), &machine.installed))
        return update_fail(taking->refusal, ERROR_INVALID_DATA);
    uint32_t error =
        update_manifest_choose(&taking->accepted, &machine, &taking->chosen, taking->refusal);
    return error ? error : check_not_failed_before(taking);
}

/* ---- the package ---- */

/* The manifest's grammar has made it the name of a file and nothing else. */
static const char16_t *package_name(const struct update_package *package,
                                    char16_t name[UPDATE_FILE_NAME_SIZE])
{
    struct text text = text_on(name, UPDATE_FILE_NAME_SIZE);
    text_append_ascii(&text, package->file_name);
    return name;
}

/* Under a name of its own until it is known to be good: another one may be waiting under its own
 * name. */
static uint32_t take_package(struct taking *taking)
{
    const struct stored_package stored = {.folder = &taking->folder,
                                          .name = UPDATE_INCOMING,
                                          .package = taking->chosen,
                                          .crypto = taking->crypto,
                                          .stop = taking->updates->stop};
    char16_t name[UPDATE_FILE_NAME_SIZE];
    package_name(taking->chosen, name);
    uint32_t error = package_take(&stored, taking->package, taking->refusal);
    if (error)
        return error;
    error = package_check_signer(&stored, &taking->trust->root, taking->refusal);
    if (!error)
        error = update_folder_refuse(update_folder_rename(&taking->folder, UPDATE_INCOMING, name),
                                     taking->refusal);
    if (error)
        update_folder_delete(&taking->folder, UPDATE_INCOMING);
    return error;
}

/* The attempt that waits from now on. */
static uint32_t enter_attempt(struct taking *taking)
{
    const struct update_package *chosen = taking->chosen;
    char16_t name[UPDATE_FILE_NAME_SIZE];
    struct update_attempt attempt = {.when_idle = taking->offer->when_idle,
                                     .manifest = taking->accepted.version,
                                     .size = chosen->size};
    attempt_set(&attempt, ATTEMPT_WAITING, 0, (uint64_t)time(NULL));
    update_version_text(&taking->accepted.release, attempt.version);
    memcpy(attempt.package, chosen->file_name, sizeof(chosen->file_name));
    memcpy(attempt.digest, chosen->digest, sizeof(attempt.digest));
    uint32_t error = updates_store(taking->updates, &attempt);
    if (error) {
        update_folder_delete(&taking->folder, package_name(chosen, name));
        return update_folder_refuse(error, taking->refusal);
    }
    log_information_of(LOG_UPDATE_ACCEPTED, "The update to version %s is taken over%s",
                       attempt.version,
                       attempt.when_idle ? " and waits until others have no session" : "");
    return 0;
}
_Static_assert((int)UPDATE_VERSION_TEXT <= (int)ATTEMPT_VERSION_SIZE &&
                   (int)UPDATE_FILE_NAME_SIZE <= (int)ATTEMPT_PACKAGE_SIZE,
               "a name does not fit");

static uint32_t take_update_over(struct taking *taking)
{
    uint32_t error = accept_metadata(taking);
    if (!error)
        error = choose_package(taking);
    if (!error)
        error = take_package(taking);
    return error ? error : enter_attempt(taking);
}

/* ---- one at a time ---- */

static bool begin_offer(struct updates *updates)
{
    AcquireSRWLockExclusive(&updates->lock);
    const bool may_begin = !updates->is_offering && !updates->is_claimed && !updates->is_closed &&
                           (!updates->turn || may_be_replaced(&updates->attempt));
    updates->is_offering |= may_begin;
    ReleaseSRWLockExclusive(&updates->lock);
    return may_begin;
}

static void end_offer(struct updates *updates, const struct update_offer *offer, bool is_accepted)
{
    AcquireSRWLockExclusive(&updates->lock);
    updates->is_offering = false;
    if (is_accepted) {
        updates->owner.size = GetLengthSid((PSID)(ULONG_PTR)offer->caller->sid);
        memcpy(updates->owner.sid, offer->caller->sid, updates->owner.size);
        updates->generation++;
    }
    WakeAllConditionVariable(&updates->changed);
    ReleaseSRWLockExclusive(&updates->lock);
}

uint32_t updates_offer(struct updates *updates, const struct update_offer *offer,
                       struct update_refusal *refusal)
{
    CLEANUP(taking_close)
    struct taking taking = {.updates = updates, .offer = offer, .refusal = refusal};
    uint32_t error = open_files(&taking);
    if (error)
        return error;
    if (!begin_offer(updates))
        return update_refuse(refusal, UPDATE_BUSY);
    error = take_update_over(&taking);
    end_offer(updates, offer, !error);
    updates_begin(updates);
    return error;
}
