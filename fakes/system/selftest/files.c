/* SPDX-License-Identifier: MIT */
/* Changes of files, through the hooks in this program: each can fail, and can kill the process. */
#include "selftest.h"

#include "faults.h"

#include <string.h>

#define OLD_FILE L"old.tmp"
#define NEW_FILE L"new.tmp"
#define BACKUP   L"backup.tmp"
#define FOLDER   L"folder.tmp"

static DWORD size_of(const wchar_t *path)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    if (!GetFileAttributesExW(path, GetFileExInfoStandard, &data))
        return INVALID_FILE_SIZE;
    return data.nFileSizeLow;
}

static bool is_there(const wchar_t *path)
{
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

static HANDLE open_file(const wchar_t *path, DWORD disposition)
{
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, disposition, 0, NULL);
    assert_true(file != INVALID_HANDLE_VALUE);
    return file;
}

static void make_file(const wchar_t *path)
{
    DWORD written;
    HANDLE file = open_file(path, CREATE_ALWAYS);
    assert_true(WriteFile(file, "old", 3, &written, NULL));
    CloseHandle(file);
}

/* One file of three bytes, and nothing else. */
static void prepare(void)
{
    DeleteFileW(NEW_FILE);
    DeleteFileW(BACKUP);
    RemoveDirectoryW(FOLDER);
    make_file(OLD_FILE);
}

static BOOL append(void)
{
    DWORD written;
    HANDLE file = open_file(OLD_FILE, OPEN_EXISTING);
    BOOL done =
        SetFilePointer(file, 0, NULL, FILE_END) == 3 && WriteFile(file, "new", 3, &written, NULL);
    CloseHandle(file);
    return done;
}

static bool is_longer(void)
{
    return size_of(OLD_FILE) == 6;
}

static BOOL truncate(void)
{
    HANDLE file = open_file(OLD_FILE, OPEN_EXISTING);
    BOOL done = SetEndOfFile(file);
    CloseHandle(file);
    return done;
}

static BOOL cut(void)
{
    FILE_END_OF_FILE_INFO end = {.EndOfFile.QuadPart = 0};
    HANDLE file = open_file(OLD_FILE, OPEN_EXISTING);
    BOOL done = SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof(end));
    CloseHandle(file);
    return done;
}

static bool is_empty(void)
{
    return size_of(OLD_FILE) == 0;
}

static BOOL move_file(void)
{
    return MoveFileExW(OLD_FILE, NEW_FILE, MOVEFILE_REPLACE_EXISTING);
}

static bool is_moved(void)
{
    return size_of(NEW_FILE) == 3 && !is_there(OLD_FILE);
}

/* With a relative path Wine does it only when there is a name for the backup. */
static BOOL replace_file(void)
{
    if (!is_there(NEW_FILE))
        CloseHandle(open_file(NEW_FILE, CREATE_NEW));
    return ReplaceFileW(NEW_FILE, OLD_FILE, BACKUP, 0, NULL, NULL);
}

static BOOL delete_file(void)
{
    return DeleteFileW(OLD_FILE);
}

static bool is_deleted(void)
{
    return !is_there(OLD_FILE);
}

static BOOL create_folder(void)
{
    return CreateDirectoryW(FOLDER, NULL);
}

static bool has_folder(void)
{
    return is_there(FOLDER);
}

static const struct change {
    const char *call;
    BOOL (*make)(void);
    bool (*is_made)(void);
} changes[] = {
    {"WriteFile", append, is_longer},
    {"SetEndOfFile", truncate, is_empty},
    {"SetFileInformationByHandle", cut, is_empty},
    {"MoveFileExW", move_file, is_moved},
    {"ReplaceFileW", replace_file, is_moved},
    {"DeleteFileW", delete_file, is_deleted},
    {"CreateDirectoryW", create_folder, has_folder},
};

int change_file(const char *call)
{
    for (size_t i = 0; i < ARRAYSIZE(changes); i++)
        if (strcmp(changes[i].call, call) == 0)
            return !changes[i].make();
    return -1;
}

static void test_changes_of_files_can_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAYSIZE(changes); i++) {
        prepare();
        ask_ok("{'do':'fault', 'call':'%s', 'action':'fail', 'code':1450}", changes[i].call);
        assert_false(changes[i].make());
        assert_int_equal(GetLastError(), 1450);
        assert_false(changes[i].is_made());
        assert_true(changes[i].make());
        assert_true(changes[i].is_made());
    }
}

static void assert_dies(const struct change *change, const char *action)
{
    prepare();
    ask_ok("{'do':'fault', 'call':'%s', 'action':'%s'}", change->call, action);
    assert_int_equal(end_of_child(start_child(change->call)), FAULT_EXIT_CODE);
}

static void test_death_before_a_change_of_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAYSIZE(changes); i++) {
        assert_dies(&changes[i], "die");
        assert_false(changes[i].is_made());
    }
}

static void test_death_after_a_change_of_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAYSIZE(changes); i++) {
        assert_dies(&changes[i], "die_after");
        assert_true(changes[i].is_made());
    }
}

static void test_file_pointer_can_fail_to_move(void **state)
{
    (void)state;
    LARGE_INTEGER two = {.QuadPart = 2}, position;
    prepare();
    HANDLE file = open_file(OLD_FILE, OPEN_EXISTING);
    ask_ok("{'do':'fault', 'call':'SetFilePointerEx', 'action':'fail', 'code':131}");
    assert_false(SetFilePointerEx(file, two, &position, FILE_BEGIN));
    assert_int_equal(GetLastError(), 131);
    assert_true(SetFilePointerEx(file, two, &position, FILE_BEGIN));
    assert_int_equal(position.QuadPart, 2);
    CloseHandle(file);
}

static void test_folder_can_fail_to_go(void **state)
{
    (void)state;
    prepare();
    assert_true(create_folder());
    ask_ok("{'do':'fault', 'call':'RemoveDirectoryW', 'action':'fail', 'code':5}");
    assert_false(RemoveDirectoryW(FOLDER));
    assert_int_equal(GetLastError(), 5);
    assert_true(RemoveDirectoryW(FOLDER));
    assert_false(has_folder());
}

static void test_changes_of_files_are_recorded(void **state)
{
    (void)state;
    prepare();
    assert_true(move_file());
    cJSON *line = last_record("MoveFileExW");
    assert_string_equal(record_text(line, "path"), "old.tmp");
    assert_string_equal(record_text(line, "to"), "new.tmp");
    cJSON_Delete(line);
}

static void test_writes_are_recorded_on_request_only(void **state)
{
    (void)state;
    prepare();
    assert_true(append());
    assert_null(find_record("WriteFile"));
    ask_ok("{'do':'recording', 'groups':['writes']}");
    prepare();
    cJSON *line = find_record("WriteFile");
    assert_non_null(line);
    assert_true(record_value(line, "size") == 3);
    cJSON_Delete(line);
}

const struct CMUnitTest file_tests[] = {
    TEST(test_changes_of_files_can_fail),
    TEST(test_death_before_a_change_of_files),
    TEST(test_death_after_a_change_of_files),
    TEST(test_file_pointer_can_fail_to_move),
    TEST(test_folder_can_fail_to_go),
    TEST(test_changes_of_files_are_recorded),
    TEST(test_writes_are_recorded_on_request_only),
};
const size_t file_test_count = ARRAYSIZE(file_tests);
