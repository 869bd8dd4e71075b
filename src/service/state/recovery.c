/* SPDX-License-Identifier: MIT */
#include "service/state/recovery.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "product.h"
#include "service/state/other_journals.h"
#include "system/dns_client.h"
#include "system/firewall.h"
#include "system/programs.h"
#include "system/registry.h"
#include "resource/resources.h"
#include "undo/win32/boot.h"

enum {
    WAIT_MILLISECONDS = 20000, /* for a -cleanup that holds the journal */
    MOST_NAMED = 16,           /* changes that could not be undone, named in the log */
    MOST_STARTS = 10,          /* in a row that have died during recovery */
    DESCRIPTION_SIZE = 200
};

struct network *recovery_network(const struct settings *settings)
{
    return network_win32(
        firewall_win32(settings->exe_path), registry_win32(),
        programs_win32(settings->bin_dir, settings->exe_path, settings->allow_writable_install),
        dns_client_win32());
}

/* ---- the journal ---- */

static void log_journal_report(const struct journal_place *place, uint32_t error,
                               const struct journal_report *report)
{
    if (report->is_newer && !error)
        log_error_of(
            LOG_JOURNAL, 0,
            "%s was written by a newer version of this service. It is kept as .newer and not "
            "used: rename it back for that version to undo the changes in it",
            UTF8(place->file));
    else if (report->damaged && !error)
        log_error_of(
            LOG_JOURNAL, 0,
            "%s is damaged: %u of %u bytes can't be read. It is kept as .damaged, and what "
            "can be read of it is used",
            UTF8(place->file), (unsigned)report->damaged, (unsigned)report->size);
    else if (error)
        log_error_of(LOG_JOURNAL, error,
                     "%s can't be used: until the service is restarted, a crash leaves its network "
                     "changes in place",
                     UTF8(place->file));
}

static struct journal *open_journal_for_recovery(struct journal_place *place,
                                                 struct journal_file *file)
{
    struct journal *journal = NULL;
    struct journal_report report = {0};
    struct journal_options options = {.file = file};
    uint32_t error = boot_identity(PRODUCT_STATE_KEY, place->service, &options.boot);
    if (error) {
        log_error_of(LOG_JOURNAL, error,
                     "The registry key HKLM\\%s can't be made: a crash of this service leaves "
                     "its network changes in place",
                     UTF8(PRODUCT_STATE_KEY));
        file->close(file);
        return NULL;
    }
    error = journal_open(&options, &journal, &report);
    log_journal_report(place, error, &report);
    return error ? NULL : journal;
}

uint32_t recovery_run(struct recovery *recovery, struct journal_file *file)
{
    recovery->journal = file ? open_journal_for_recovery(&recovery->place, file) : NULL;
    struct other_journals *others = other_journals_open(&recovery->place, false);
    recovery->ledger = resources_ledger_create(recovery->network, recovery->journal, others);
    if (!recovery->ledger)
        return log_error_of(LOG_JOURNAL, ERROR_NOT_ENOUGH_MEMORY,
                            "The ledger of network changes cannot be created");
    uint32_t error = resources_recover(recovery->ledger, recovery->network, &recovery->summary,
                                       &recovery->clean_up_error);
    if (!error)
        return 0;
    recovery_close(recovery);
    return log_error_of(LOG_JOURNAL, error,
                        "The network changes in the journal cannot be taken over");
}

void recovery_close(struct recovery *recovery)
{
    if (recovery->ledger)
        ledger_destroy(recovery->ledger);
    if (recovery->journal)
        journal_close(recovery->journal);
    recovery->ledger = NULL;
    recovery->journal = NULL;
    journal_place_release(&recovery->place);
}

uint32_t recovery_clean_up(struct recovery *recovery)
{
    struct other_journals *others = other_journals_open(&recovery->place, true);
    struct ledger *ledger = resources_ledger_create(recovery->network, NULL, others);
    uint32_t error =
        ledger ? resources_clean_up(ledger, recovery->network) : ERROR_NOT_ENOUGH_MEMORY;
    ledger_destroy(ledger);
    return error;
}

/* ---- what the file holds ---- */

struct listing {
    bool only_orphans;
    void (*report)(void *context, const char *line);
    void *context;
    size_t count;
};

static bool describe_entry(void *context, const struct journal_entry *entry)
{
    struct listing *listing = context;
    char line[DESCRIPTION_SIZE] = "";
    if (listing->only_orphans && !entry->is_orphan)
        return true;
    listing->count++;
    if (listing->report) {
        resources_describe(entry, line, sizeof(line));
        listing->report(listing->context, line);
    }
    return true;
}

uint32_t recovery_list(struct journal_place *place, bool only_orphans,
                       void (*report)(void *context, const char *line), void *context,
                       size_t *count)
{
    struct listing listing = {only_orphans, report, context, 0};
    CLEANUP_FREE void *bytes = NULL;
    size_t size = 0;
    uint64_t boot = 0;
    uint32_t error = journal_place_look(place, &bytes, &size);
    boot_identity_read(PRODUCT_STATE_KEY, place->service, &boot);
    if (!error && size)
        error = journal_visit(bytes, size, boot, describe_entry, &listing);
    *count = listing.count;
    return error;
}

/* ---- the service ---- */

static void log_left_change(void *context, const char *line)
{
    unsigned *named = context;
    if (++*named <= MOST_NAMED)
        log_error_of(LOG_UNDO_FAILED, 0, "Not undone yet: %s", line);
}

static void log_recovery_summary(struct journal_place *place, const struct ledger_summary *summary)
{
    unsigned named = 0;
    size_t ignored;
    if (summary->changed || summary->unchanged || summary->left_alone || summary->failed)
        log_information_of(
            LOG_RECOVERED,
            "This service did not end normally last time: %u network changes were "
            "undone, %u were gone already, %u were left as they are now, %u could not "
            "be undone",
            (unsigned)summary->changed, (unsigned)summary->unchanged, (unsigned)summary->left_alone,
            (unsigned)summary->failed);
    if (!summary->failed)
        return;
    recovery_list(place, true, log_left_change, &named, &ignored);
    log_error_of(
        LOG_UNDO_FAILED, 0,
        "%u network changes could not be undone. They will be tried again; to try now, run "
        "this program with -cleanup as administrator",
        (unsigned)summary->failed);
}

static struct journal_file *open_journal_file(struct journal_place *place, const char16_t *instance)
{
    struct journal_file *file = NULL;
    uint32_t error = journal_place_find(instance, place);
    if (!error)
        error = journal_place_open(place, false, WAIT_MILLISECONDS, &file);
    if (error == ERROR_UNTRUSTED)
        log_error_of(LOG_JOURNAL, 0,
                     "Not used: %s, because %s. Until an administrator deletes it and restarts the "
                     "service, a crash leaves its network changes in place",
                     UTF8(place->refused), UTF8(place->why));
    else if (error)
        log_error_of(LOG_JOURNAL, error,
                     "The journal %s can't be opened: a crash of this service leaves its network "
                     "changes in place",
                     UTF8(place->file));
    return error ? NULL : file;
}

static bool note_entry(void *context, const struct journal_entry *entry)
{
    (void)entry;
    *(bool *)context = true;
    return false;
}

/* Renames a journal whose recovery has ended the process again and again: nobody could ever
 * connect. A journal without entries is not the cause, and is used. Returns false when the journal
 * could not be renamed and must not be used. */
static bool keep_suspect_journal(const struct journal_place *place, struct journal_file *file,
                                 uint64_t boot)
{
    bool has_entries = false;
    CLEANUP_FREE void *bytes = NULL;
    size_t size = 0;
    uint32_t error = file->read(file, &bytes, &size);
    if (!error && !journal_visit(bytes, size, boot, note_entry, &has_entries) && !has_entries)
        return true;
    if (!error)
        error = file->keep(file, "suspect");
    if (!error)
        error = file->replace(file, NULL, 0);
    log_error_of(
        LOG_JOURNAL, error,
        "%u starts of this service have ended while they undid the changes in %s. It is not "
        "used%s: the changes in it are still in place",
        (unsigned)MOST_STARTS, UTF8(place->file),
        error ? ", and can't be kept as .suspect" : " and kept as .suspect");
    return !error;
}

/* Counts the starts that did not survive recovery. Returns false when the journal must not be used.
 */
static bool count_start(const struct journal_place *place, struct journal_file *file)
{
    bool is_usable = true;
    uint64_t boot;
    if (boot_identity(PRODUCT_STATE_KEY, place->service, &boot))
        return true;
    uint32_t starts = boot_note_read(PRODUCT_STATE_KEY, place->service, BOOT_STARTS);
    if (file && starts >= MOST_STARTS) {
        is_usable = keep_suspect_journal(place, file, boot);
        starts = 0;
    }
    boot_note_write(PRODUCT_STATE_KEY, place->service, BOOT_STARTS, starts + 1);
    return is_usable;
}

uint32_t recovery_start(struct recovery *recovery, const char16_t *instance)
{
    struct journal_place *place = &recovery->place;
    struct journal_file *file = open_journal_file(place, instance);
    if (!count_start(place, file)) {
        file->close(file);
        file = NULL;
    }
    uint32_t error = recovery_run(recovery, file);
    if (error)
        return error;
    boot_note_write(PRODUCT_STATE_KEY, place->service, BOOT_STARTS, 0);
    log_recovery_summary(place, &recovery->summary);
    return 0;
}
