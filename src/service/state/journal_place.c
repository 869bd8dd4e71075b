/* SPDX-License-Identifier: MIT */
#include "service/state/journal_place.h"

#include "base/random.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/program_data.h"
#include "product.h"

uint32_t journal_place_find(const char16_t *instance, struct journal_place *place)
{
    struct text folder = TEXT_ON(place->folder);
    struct text file = TEXT_ON(place->file);
    uint32_t error = program_data_append(&folder);
    if (error)
        return error;
    text_append(&folder, u"\\" PRODUCT_DATA_FOLDER);
    name_of_service(instance, place->service);
    text_append(&file, place->folder);
    text_append(&file, u"\\");
    text_append(&file, place->service);
    text_append(&file, u".journal");
    return folder.truncated || file.truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
}

void journal_place_locks(const struct journal_place *place, char16_t path[JOURNAL_PATH_UNITS])
{
    struct text text = text_on(path, JOURNAL_PATH_UNITS);
    text_append(&text, place->folder);
    text_append(&text, u"\\locks");
}

static uint32_t note_refused(struct journal_place *place, const char16_t *path, uint32_t error)
{
    if (error == ERROR_UNTRUSTED)
        place->refused = path;
    return error;
}

static uint32_t hold_journal_folder(struct journal_place *place)
{
    return note_refused(place, place->folder,
                        closed_folder_hold(place->folder, &place->held, place->why));
}

uint32_t journal_place_hold(struct journal_place *place)
{
    return place->held ? 0 : hold_journal_folder(place);
}

void journal_place_release(struct journal_place *place)
{
    close_handle(&place->held);
}

/* struct journal_file_options.check */
static uint32_t check_journal_file(void *context, HANDLE file)
{
    struct journal_place *place = context;
    return note_refused(place, place->file,
                        closed_check(place->file, file, TRUST_FILE, place->why));
}

uint32_t journal_place_open(struct journal_place *place, bool must_exist, uint32_t milliseconds,
                            struct journal_file **file)
{
    const struct journal_file_options options = {
        .path = place->file,
        .access = CLOSED_FILE_ACCESS,
        .must_exist = must_exist,
        .milliseconds = milliseconds,
        .check = check_journal_file,
        .context = place,
    };
    uint32_t error = must_exist ? 0 : closed_folder_make(place->folder);
    if (!error)
        error = journal_place_hold(place);
    if (!error)
        error = journal_file_open(&options, file);
    if (error)
        journal_place_release(place);
    return error;
}

uint32_t journal_place_look(struct journal_place *place, void **bytes, size_t *size)
{
    bool is_held = place->held;
    uint32_t error = is_held ? 0 : hold_journal_folder(place);
    size_t from = 0;
    if (!error)
        error = journal_file_look(place->file, check_journal_file, place, &from, bytes, size);
    if (!is_held)
        journal_place_release(place);
    return error;
}

/* Renamed, not repaired: whoever made it may hold it open with the right to change its ACL, and
 * that right outlives every repair. The new name is random, so that nobody can have taken it
 * before. */
static uint32_t rename_untrusted_folder(const char16_t *path, char16_t aside[JOURNAL_PATH_UNITS])
{
    struct text text = text_on(aside, JOURNAL_PATH_UNITS);
    uint32_t number = 0;
    random_fill(&number, sizeof(number));
    text_append(&text, path);
    text_append_format(&text, ".untrusted-%08lx", (unsigned long)number);
    uint32_t error = text.truncated                ? ERROR_FILENAME_EXCED_RANGE
                     : MoveFileExW(path, aside, 0) ? 0
                                                   : GetLastError();
    if (error)
        *aside = 0;
    return error;
}

static uint32_t make_and_hold_folder(struct journal_place *place)
{
    uint32_t error = closed_folder_make(place->folder);
    return error ? error : hold_journal_folder(place);
}

uint32_t journal_place_make(struct journal_place *place, char16_t aside[JOURNAL_PATH_UNITS])
{
    uint32_t error = make_and_hold_folder(place);
    *aside = 0;
    if (error == ERROR_UNTRUSTED || error == ERROR_ACCESS_DENIED) {
        error = rename_untrusted_folder(place->folder, aside);
        if (!error)
            error = make_and_hold_folder(place);
    }
    journal_place_release(place);
    return error;
}

static uint32_t delete_journal_file(const char16_t *path)
{
    uint32_t error = DeleteFileW(path) ? 0 : GetLastError();
    return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? 0 : error;
}

/* The paths lead through the folder, so it is held meanwhile. */
uint32_t journal_place_delete(struct journal_place *place)
{
    char16_t next[JOURNAL_PATH_UNITS];
    struct text text = TEXT_ON(next);
    uint32_t error = hold_journal_folder(place);
    if (error)
        return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? 0 : error;
    text_append(&text, place->file);
    text_append(&text, u".new");
    error = delete_journal_file(place->file);
    delete_journal_file(next);
    journal_place_locks(place, next); /* another instance makes it again when it needs it */
    delete_journal_file(next);
    journal_place_release(place);
    RemoveDirectoryW(place->folder);
    return error;
}
