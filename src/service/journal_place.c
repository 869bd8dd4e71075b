/* SPDX-License-Identifier: MIT */
#include "service/journal_place.h"

#include "product.h"

#include <sddl.h>

/* Owned by Administrators, for them and SYSTEM alone. */
static const char16_t FOLDER_ACCESS[] = u"O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
static const char16_t FILE_ACCESS[] = u"O:BAG:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)";

static const char16_t PROFILES[] = u"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList";
static const char16_t DRIVE[] = u"%SystemDrive%";

/* The folder that FOLDERID_ProgramData names, from where Windows has it: the function that knows it
 * is in shell32, which has no business in this process, and the environment is the user's when an
 * administrator runs this program. So the drive is asked of Windows, too. */
static uint32_t find_program_data(struct text *path)
{
    char16_t value[MAX_PATH], windows[MAX_PATH];
    const char16_t *rest = value;
    DWORD size = sizeof(value);
    LSTATUS error =
        RegGetValueW(HKEY_LOCAL_MACHINE, PROFILES, u"ProgramData",
                     RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND | RRF_SUBKEY_WOW6464KEY,
                     NULL, value, &size);
    const int drive = TEXT_COUNT(DRIVE) - 1;

    if (error)
        return (uint32_t)error;
    if (text_length(value) > (size_t)drive &&
        CompareStringOrdinal(value, drive, DRIVE, drive, TRUE) == CSTR_EQUAL) {
        if (!GetSystemWindowsDirectoryW(windows, MAX_PATH))
            return GetLastError();
        text_append_units(path, windows, 2);
        rest += drive;
    }
    text_append(path, rest);
    return text_find(rest, '%') ? ERROR_BAD_PATHNAME : 0;
}

uint32_t journal_place_find(const char16_t *instance, struct journal_place *place)
{
    struct text folder = TEXT_ON(place->folder);
    struct text file = TEXT_ON(place->file);
    uint32_t error = find_program_data(&folder);

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

static uint32_t make_folder(const char16_t *path)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;

    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(FOLDER_ACCESS, SDDL_REVISION_1,
                                                              &descriptor, NULL))
        return GetLastError();
    SECURITY_ATTRIBUTES security = {sizeof(security), descriptor, FALSE};
    if (CreateDirectoryW(path, &security))
        return 0;
    uint32_t error = GetLastError();
    return error == ERROR_ALREADY_EXISTS ? 0 : error;
}

/* For what has been opened as `path`. A link is seen by its handle; Wine shows it by its name only.
 */
static uint32_t check(struct journal_place *place, const char16_t *path, HANDLE handle,
                      enum trust_object object)
{
    struct text why = TEXT_ON(place->why);
    DWORD attributes = GetFileAttributesW(path);
    bool is_link =
        attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_REPARSE_POINT;

    if (!is_link && trust_is_closed(handle, object, place->why))
        return 0;
    if (is_link)
        text_append(&why, u"it is a link");
    place->refused = path;
    return ERROR_UNTRUSTED;
}

/* While the handle is open nobody renames the folder. */
static uint32_t open_folder(struct journal_place *place, HANDLE *folder)
{
    *folder = CreateFileW(place->folder, READ_CONTROL | FILE_READ_ATTRIBUTES,
                          FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                          FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (*folder == INVALID_HANDLE_VALUE)
        return GetLastError();
    return check(place, place->folder, *folder, TRUST_FOLDER);
}

/* struct journal_file_options.check */
static uint32_t check_file(void *context, HANDLE file)
{
    struct journal_place *place = context;

    return check(place, place->file, file, TRUST_FILE);
}

uint32_t journal_place_open(struct journal_place *place, bool must_exist, uint32_t milliseconds,
                            struct journal_file **file)
{
    CLEANUP_HANDLE HANDLE folder = NULL;
    const struct journal_file_options options = {
        .path = place->file,
        .access = FILE_ACCESS,
        .must_exist = must_exist,
        .milliseconds = milliseconds,
        .check = check_file,
        .context = place,
    };
    uint32_t error = must_exist ? 0 : make_folder(place->folder);

    if (!error)
        error = open_folder(place, &folder);
    return error ? error : journal_file_open(&options, file);
}

uint32_t journal_place_look(struct journal_place *place, void **bytes, size_t *size)
{
    CLEANUP_HANDLE HANDLE folder = NULL;
    uint32_t error = open_folder(place, &folder);

    return error ? error : journal_file_look(place->file, check_file, place, bytes, size);
}

/* Renamed, not repaired: whoever made it may hold it open with the right to change its list, and
 * that right outlives every repair. */
static uint32_t put_aside(const char16_t *path, char16_t aside[JOURNAL_PATH_UNITS])
{
    enum { TRIES = 100 };
    uint32_t error = ERROR_ALREADY_EXISTS;

    for (unsigned i = 1; i <= TRIES && error == ERROR_ALREADY_EXISTS; i++) {
        struct text text = text_on(aside, JOURNAL_PATH_UNITS);
        text_append(&text, path);
        text_append_format(&text, ".untrusted-%u", i);
        if (text.truncated)
            error = ERROR_FILENAME_EXCED_RANGE;
        else
            error = MoveFileW(path, aside) ? 0 : GetLastError();
    }
    if (error)
        *aside = 0;
    return error;
}

uint32_t journal_place_make(struct journal_place *place, char16_t aside[JOURNAL_PATH_UNITS])
{
    CLEANUP_HANDLE HANDLE folder = NULL;
    uint32_t error = make_folder(place->folder);

    *aside = 0;
    if (!error)
        error = open_folder(place, &folder);
    if (error != ERROR_UNTRUSTED)
        return error;
    close_handle(&folder);
    error = put_aside(place->folder, aside);
    if (!error)
        error = make_folder(place->folder);
    return error ? error : open_folder(place, &folder);
}

static uint32_t delete_file(const char16_t *path)
{
    uint32_t error = DeleteFileW(path) ? 0 : GetLastError();

    return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? 0 : error;
}

uint32_t journal_place_delete(struct journal_place *place)
{
    char16_t next[JOURNAL_PATH_UNITS];
    struct text text = TEXT_ON(next);

    text_append(&text, place->file);
    text_append(&text, u".new");
    uint32_t error = delete_file(place->file);
    delete_file(next);
    RemoveDirectoryW(place->folder);
    return error;
}
