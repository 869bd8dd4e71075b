/* SPDX-License-Identifier: MIT */
#include "service/state/other_journals.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "product.h"
#include "undo/win32/boot.h"

enum {
    MOST_OTHERS = 16,
    LOCK_MILLISECONDS = 60000, /* longer than any program that a change of a resource runs */
    LONGEST_PAUSE = 16,        /* milliseconds between two attempts */
    KEPT_HANDLES = 8,          /* of the file of locks */
    SETTLED_TIME = 20000000    /* two seconds, in units of 100 ns */
};

static const char16_t SUFFIX[] = u".journal";

static struct {
    struct other_journals table;
    struct journal_place *place;
    bool also_own;
    char16_t locks[JOURNAL_PATH_UNITS];
    SRWLOCK lock;     /* guards what follows */
    uint64_t changed; /* the time of the folder as it was listed (100 ns); 0: to be listed again */
    size_t count;
    struct journal_place others[MOST_OTHERS];
} folder = {.lock = SRWLOCK_INIT};

/* ---- which there are ---- */

/* True if the name is that of a journal; `*length` is then that of the service's name in it. */
static bool is_journal_name(const char16_t *name, size_t *length)
{
    const size_t suffix = ARRAY_COUNT(SUFFIX) - 1, all = text_length(name);
    if (all <= suffix || all - suffix >= NAME_UNITS)
        return false;
    *length = all - suffix;
    return text_equal_caseless(name + *length, suffix, SUFFIX, suffix);
}

static void add_other(const char16_t *name)
{
    struct journal_place *other = &folder.others[folder.count];
    size_t length;
    if (!is_journal_name(name, &length))
        return;
    bool is_own = text_equal_caseless(name, length, folder.place->service,
                                      text_length(folder.place->service));
    if (is_own && !folder.also_own)
        return;
    if (folder.count == MOST_OTHERS) {
        log_error_of(LOG_JOURNAL, 0,
                     "There are more than %u journals of other instances: %s is not looked at",
                     (unsigned)MOST_OTHERS, UTF8(name));
        return;
    }
    struct text service = TEXT_ON(other->service), file = TEXT_ON(other->file);
    text_append_units(&service, name, length);
    text_append(&file, folder.place->folder);
    text_append(&file, u"\\");
    text_append(&file, name);
    if (!file.truncated)
        folder.count++;
}

static void list_others(void)
{
    char16_t pattern[JOURNAL_PATH_UNITS];
    struct text text = TEXT_ON(pattern);
    WIN32_FIND_DATAW found;
    text_append(&text, folder.place->folder);
    text_append(&text, u"\\*");
    text_append(&text, SUFFIX);
    folder.count = 0;
    HANDLE search = text.truncated ? INVALID_HANDLE_VALUE : FindFirstFileW(pattern, &found);
    if (search == INVALID_HANDLE_VALUE)
        return;
    do {
        if (!(found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
            add_other(found.cFileName);
    } while (FindNextFileW(search, &found));
    FindClose(search);
}

static uint64_t time_of(FILETIME time)
{
    return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

/* A folder's time is that of the last file which was made, renamed or deleted in it. Clocks tick
 * slowly: one that has changed just now may change again without another time. */
static void refresh_list(void)
{
    WIN32_FILE_ATTRIBUTE_DATA data = {0};
    FILETIME now;
    GetFileAttributesExW(folder.place->folder, GetFileExInfoStandard, &data);
    GetSystemTimeAsFileTime(&now);
    const uint64_t changed = time_of(data.ftLastWriteTime);
    if (changed == folder.changed)
        return;
    list_others();
    folder.changed = time_of(now) - changed > SETTLED_TIME ? changed : 0;
}

/* ---- what they hold ---- */

/* Whoever writes a journal shares reading alone. */
static bool is_written(const struct journal_place *other)
{
    HANDLE file = CreateFileW(other->file, FILE_WRITE_DATA,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError() == ERROR_SHARING_VIOLATION;
    CloseHandle(file);
    return false;
}

/* A file that was written anew is younger than what was there before, also if it is as long. */
static uint64_t stamp_of(const struct journal_place *other)
{
    WIN32_FILE_ATTRIBUTE_DATA data = {0};
    GetFileAttributesExW(other->file, GetFileExInfoStandard, &data);
    const uint64_t parts[] = {data.nFileSizeLow, time_of(data.ftCreationTime),
                              time_of(data.ftLastWriteTime), is_written(other)};
    return hash_bytes(parts, sizeof(parts));
}

static bool folder_exist(struct other_journals *self)
{
    (void)self;
    AcquireSRWLockExclusive(&folder.lock);
    refresh_list();
    bool has_others = folder.count;
    ReleaseSRWLockExclusive(&folder.lock);
    return has_others;
}

static uint64_t folder_stamp(struct other_journals *self)
{
    uint64_t stamp = 0;
    (void)self;
    AcquireSRWLockExclusive(&folder.lock);
    for (size_t i = 0; i < folder.count; i++)
        stamp = (stamp + stamp_of(&folder.others[i])) * 0x9E3779B97F4A7C15u;
    ReleaseSRWLockExclusive(&folder.lock);
    return stamp ? stamp : 1;
}

static uint32_t check_other(void *context, HANDLE file)
{
    struct journal_place *other = context;
    return trust_is_closed(file, TRUST_FILE, other->why) ? 0 : ERROR_UNTRUSTED;
}

static bool read_other(struct journal_place *other, uint64_t name, size_t from,
                       struct other_reader *reader)
{
    void *bytes = NULL;
    struct other_journal journal = {.name = name, .offset = from, .is_alive = is_written(other)};
    uint32_t error =
        journal_file_look(other->file, check_other, other, &journal.offset, &bytes, &journal.size);
    CLEANUP_FREE void *owned = bytes;
    journal.bytes = bytes;
    /* without a number it is one that Windows has never had: the instance has not run since */
    if (!error && boot_identity_read(PRODUCT_STATE_KEY, other->service, &journal.boot))
        journal.boot = 0;
    if (!error)
        return reader->see(reader, &journal);
    if (error != ERROR_FILE_NOT_FOUND)
        log_error_of(LOG_JOURNAL, error,
                     "%s can't be read: what that instance has changed is not known here",
                     UTF8(other->file));
    return true;
}

static void folder_read(struct other_journals *self, struct other_reader *reader)
{
    (void)self;
    AcquireSRWLockExclusive(&folder.lock);
    for (size_t i = 0; i < folder.count; i++) {
        struct journal_place *other = &folder.others[i];
        uint64_t name =
            hash_bytes(other->service, text_length(other->service) * sizeof(*other->service));
        if (!read_other(other, name, reader->from(reader, name), reader))
            read_other(other, name, 0, reader);
    }
    ReleaseSRWLockExclusive(&folder.lock);
}

/* ---- keeping others away ---- */

static OVERLAPPED place_of(uint64_t number)
{
    return (OVERLAPPED){.Offset = (DWORD)number, .OffsetHigh = (DWORD)(number >> 32) & 0x7fffffff};
}

/* A handle of its own for each lock that is held: threads that wait for one handle would also keep
 * its holder from unlocking. Handles that nobody uses are kept. */
static struct {
    SRWLOCK lock; /* guards what follows */
    size_t count;
    HANDLE files[KEPT_HANDLES];
} unused = {.lock = SRWLOCK_INIT};

static HANDLE take_unused(void)
{
    AcquireSRWLockExclusive(&unused.lock);
    HANDLE file = unused.count ? unused.files[--unused.count] : NULL;
    ReleaseSRWLockExclusive(&unused.lock);
    return file;
}

static void keep_unused(HANDLE file)
{
    AcquireSRWLockExclusive(&unused.lock);
    bool is_kept = unused.count < KEPT_HANDLES;
    if (is_kept)
        unused.files[unused.count++] = file;
    ReleaseSRWLockExclusive(&unused.lock);
    if (!is_kept)
        CloseHandle(file);
}

static uint32_t open_locks(HANDLE *file)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    *file = take_unused();
    uint32_t error = *file ? 0 : closed_file_descriptor(&descriptor);
    if (*file || error)
        return error;
    SECURITY_ATTRIBUTES security = {sizeof(security), descriptor, FALSE};
    /* nobody can delete it meanwhile: two processes would lock two files of that name */
    *file = CreateFileW(folder.locks, GENERIC_READ | GENERIC_WRITE,
                        FILE_SHARE_READ | FILE_SHARE_WRITE, &security, OPEN_ALWAYS,
                        FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (*file != INVALID_HANDLE_VALUE)
        return 0;
    *file = NULL;
    return GetLastError();
}

static uint32_t lock_number(HANDLE file, uint64_t number)
{
    const ULONGLONG start = GetTickCount64();
    for (DWORD pause = 1;; pause = pause < LONGEST_PAUSE ? 2 * pause : LONGEST_PAUSE) {
        OVERLAPPED at = place_of(number);
        if (LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at))
            return 0;
        uint32_t error = GetLastError();
        if (error != ERROR_LOCK_VIOLATION && error != ERROR_IO_PENDING)
            return error;
        if (GetTickCount64() - start >= LOCK_MILLISECONDS)
            return ERROR_TIMEOUT;
        Sleep(pause);
    }
}

struct held_lock {
    HANDLE file;
    uint64_t number;
};

static void *folder_lock(struct other_journals *self, uint64_t number)
{
    CLEANUP_HANDLE HANDLE file = NULL;
    CLEANUP_FREE struct held_lock *held = malloc(sizeof(*held));
    (void)self;
    uint32_t error = held ? open_locks(&file) : ERROR_NOT_ENOUGH_MEMORY;
    if (!error)
        error = lock_number(file, number);
    if (error) {
        log_error_of(LOG_JOURNAL, error,
                     "Other instances of the service can't be kept away from a change");
        return NULL;
    }
    *held = (struct held_lock){TAKE(file), number};
    return TAKE(held);
}

static void folder_unlock(struct other_journals *self, void *lock)
{
    CLEANUP_FREE struct held_lock *held = lock;
    OVERLAPPED at = place_of(held->number);
    (void)self;
    if (UnlockFileEx(held->file, 0, 1, 0, &at))
        keep_unused(held->file);
    else
        CloseHandle(held->file); /* which unlocks, too */
}

/* ---- the whole ---- */

struct other_journals *other_journals_open(struct journal_place *place, bool also_own)
{
    if (journal_place_hold(place))
        return NULL;
    folder.table = (struct other_journals){folder_lock, folder_unlock, folder_exist, folder_stamp,
                                           folder_read};
    folder.place = place;
    folder.also_own = also_own;
    folder.changed = 0;
    journal_place_locks(place, folder.locks);
    return &folder.table;
}
