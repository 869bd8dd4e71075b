/* SPDX-License-Identifier: MIT */
#include "service/profile_store.h"

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "service/state/journal_place.h"

#include <sddl.h>

/* ---- the folder ---- */

static void append_file_name(struct text *path, const char16_t *folder, const char16_t *name)
{
    text_append(path, folder);
    text_append(path, u"\\");
    text_append(path, name);
}

/* Copies that a process of the service has left which died. No other one uses the folder: there is
 * one service of a name. */
static void remove_left_copies(const struct profile_store *store)
{
    char16_t path[POLICY_PATH_UNITS];
    WIN32_FIND_DATAW found;
    unsigned count = 0;
    struct text pattern = TEXT_ON(path);
    append_file_name(&pattern, store->path, u"*");
    HANDLE search = FindFirstFileW(path, &found);
    if (search == INVALID_HANDLE_VALUE)
        return;
    do {
        struct text file = TEXT_ON(path);
        append_file_name(&file, store->path, found.cFileName);
        if (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY || file.truncated)
            continue;
        if (DeleteFileW(path))
            count++;
        else
            log_error_of(LOG_GENERAL, GetLastError(),
                         "The copy %s of a user's profile cannot be removed. Remove it: there may "
                         "be a private key in it",
                         UTF8(path));
    } while (FindNextFileW(search, &found));
    FindClose(search);
    if (count)
        log_information("%u copies of users' profiles were removed, which were left when the "
                        "service ended",
                        count);
}

static uint32_t open_store(struct profile_store *store, const char16_t *instance, bool is_used)
{
    struct journal_place place = {0};
    struct text path = TEXT_ON(store->path);
    uint32_t error = journal_place_find(instance, &place);
    if (!error)
        error = journal_place_hold(&place);
    if (error)
        return error;
    store->parent = TAKE(place.held);
    append_file_name(&path, place.folder, place.service);
    text_append(&path, u".profiles");
    if (path.truncated)
        return ERROR_FILENAME_EXCED_RANGE;
    if (is_used)
        error = closed_folder_make(store->path);
    return error ? error : closed_folder_hold(store->path, &store->folder, place.why);
}

void profile_store_open(struct profile_store *store, const char16_t *instance, bool is_used)
{
    const uint32_t error = open_store(store, instance, is_used);
    if (!error)
        remove_left_copies(store);
    else if (is_used)
        log_error_of(LOG_INSTALLATION, error,
                     "The folder %s for copies of users' profiles cannot be used, so no user's own "
                     "profile runs",
                     UTF8(store->path));
    if (error || !is_used)
        profile_store_close(store);
}

/* Without a copy in it the folder goes, too, so that nothing is left of a service that is removed.
 */
void profile_store_close(struct profile_store *store)
{
    if (store->folder) {
        close_handle(&store->folder);
        RemoveDirectoryW(store->path);
    }
    close_handle(&store->parent);
}

/* ---- copies ---- */

/* For SYSTEM and administrators, and for the user to read. */
static uint32_t make_copy_descriptor(PSID user, PSECURITY_DESCRIPTOR *descriptor)
{
    CLEANUP_LOCAL char16_t *sid = NULL;
    char16_t units[512];
    struct text text = TEXT_ON(units);
    if (!ConvertSidToStringSidW(user, &sid))
        return GetLastError();
    text_append(&text, u"O:BAG:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;");
    text_append(&text, sid);
    text_append(&text, u")");
    return !text.truncated && ConvertStringSecurityDescriptorToSecurityDescriptorW(
                                  units, SDDL_REVISION_1, descriptor, NULL)
               ? 0
               : ERROR_INVALID_SID;
}

/* Nobody can know the name before. */
static uint32_t make_copy_path(const struct profile_store *store, char16_t path[POLICY_PATH_UNITS])
{
    unsigned char bytes[16];
    struct text text = text_on(path, POLICY_PATH_UNITS);
    if (!random_fill(bytes, sizeof(bytes)))
        return ERROR_GEN_FAILURE;
    text_append(&text, store->path);
    text_append(&text, u"\\");
    for (size_t i = 0; i < sizeof(bytes); i++)
        text_append_format(&text, "%02x", bytes[i]);
    text_append(&text, u".ovpn");
    return text.truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
}

static uint32_t write_copy(const char16_t *path, PSID user, const struct profile_text *text)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    DWORD written = 0;
    uint32_t error = make_copy_descriptor(user, &descriptor);
    if (error)
        return error;
    SECURITY_ATTRIBUTES security = {sizeof(security), descriptor, FALSE};
    CLEANUP_HANDLE HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, &security, CREATE_NEW,
                                             FILE_ATTRIBUTE_NOT_CONTENT_INDEXED, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    if (!WriteFile(file, text->bytes, (DWORD)text->size, &written, NULL))
        return GetLastError();
    return written == text->size ? 0 : ERROR_DISK_FULL;
}

/* For reading: openvpn.exe opens it without sharing its deletion, and shares writing, which nobody
 * has a right to. */
static uint32_t make_copy(struct profile_copy *copy, PSID user, const struct profile_text *text)
{
    uint32_t error = write_copy(copy->path, user, text);
    if (error)
        return error;
    copy->held =
        CreateFileW(copy->path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    return copy->held == INVALID_HANDLE_VALUE ? GetLastError() : 0;
}

static void remove_copy(struct profile_copy *copy)
{
    close_handle(&copy->held);
    if (*copy->path && !DeleteFileW(copy->path) && GetLastError() != ERROR_FILE_NOT_FOUND)
        log_error_of(LOG_GENERAL, GetLastError(),
                     "The copy %s of a user's profile cannot be removed. The next start of the "
                     "service tries again",
                     UTF8(copy->path));
    free(copy);
}

uint32_t profile_copies_add(struct profile_copies *copies, PSID user, const char16_t *source,
                            const struct profile_text *text, const struct profile_copy **copy)
{
    if (!copies->store->folder)
        return ERROR_NOT_READY;
    if (copies->count == PROFILE_COPIES_MAX)
        return ERROR_NOT_ENOUGH_QUOTA;
    struct profile_copy *made = calloc(1, sizeof(*made));
    if (!made)
        return ERROR_NOT_ENOUGH_MEMORY;
    struct text name = TEXT_ON(made->source);
    text_append(&name, source);
    uint32_t error = make_copy_path(copies->store, made->path);
    if (!error)
        error = make_copy(made, user, text);
    if (error) {
        remove_copy(made);
        return error;
    }
    copies->items[copies->count++] = made;
    *copy = made;
    return 0;
}

const char16_t *profile_copies_source(const struct profile_copies *copies, const char16_t *path)
{
    for (size_t i = 0; i < copies->count; i++)
        if (text_equal(copies->items[i]->path, path))
            return copies->items[i]->source;
    return NULL;
}

void profile_copies_remove(struct profile_copies *copies)
{
    for (size_t i = 0; i < copies->count; i++)
        remove_copy(copies->items[i]);
    copies->count = 0;
}
