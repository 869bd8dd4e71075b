/* SPDX-License-Identifier: MIT */
#include "service/startup/config_path.h"

#include "base/text.h"
#include "base/win32/handles.h"
#include "service/file_deadline.h"
#include "service/final_path.h"

/* struct policy.final_path. Opening fails for a folder; pipes and devices are refused, and so are
 * files on a volume that the mount manager does not know: where they lie cannot be compared. */
static uint32_t config_final_path(void *context, const char16_t *path,
                                  char16_t final[POLICY_PATH_UNITS])
{
    const struct caller *caller = context;
    CLEANUP_HANDLE HANDLE file = NULL;
    struct file_deadline deadline;
    uint32_t error = caller_open(caller, path, GENERIC_READ,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, 0, &file);
    if (error)
        return error;
    if (GetFileType(file) != FILE_TYPE_DISK)
        return ERROR_BAD_PATHNAME;
    error = file_deadline_begin(&deadline, caller->stop);
    if (error)
        return error;
    error = file_deadline_end(&deadline, final_path_of(file, final));
    return error && error != ERROR_FILENAME_EXCED_RANGE ? ERROR_BAD_PATHNAME : error;
}

/* struct policy.same_text. The file system compares names by the same table. */
static bool config_same_text(void *context, const char16_t *a, size_t a_length, const char16_t *b,
                             size_t b_length)
{
    (void)context;
    if (a_length != b_length)
        return false;
    return a_length == 0 ||
           CompareStringOrdinal(a, (int)a_length, b, (int)b_length, TRUE) == CSTR_EQUAL;
}

/* The config folder, opened as the service. When it does not exist no file is below it, and the
 * path is used as it is. */
static void final_config_directory(const char16_t *configured, char16_t path[POLICY_PATH_UNITS])
{
    CLEANUP_HANDLE HANDLE folder = CreateFileW(
        configured, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    struct text text = text_on(path, POLICY_PATH_UNITS);
    if (folder == INVALID_HANDLE_VALUE || final_path_of(folder, path)) {
        text_append(&text, configured);
        return;
    }
    text.length = text_length(path);
    if (path[text.length - 1] != '\\')
        text_append(&text, u"\\");
}

struct policy config_policy(const struct caller *caller, const struct settings *settings,
                            char16_t config_directory[POLICY_PATH_UNITS])
{
    final_config_directory(settings->config_dir, config_directory);
    return (struct policy){
        .config_directory = config_directory,
        .admin_group = settings->admin_group,
        .may_query_remote = settings->query_remote,
        .final_path = config_final_path,
        .same_text = config_same_text,
        .context = (void *)caller,
    };
}
