/* SPDX-License-Identifier: MIT */
#include "service/client_image.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/process_time.h"
#include "policy/list.h"
#include "policy/path.h"
#include "base/win32/account.h"
#include "service/changeable.h"
#include "service/final_path.h"
#include "service/program.h"
#include "service/signer.h"

/* What is known of the client. */
struct client_program {
    ULONG id;
    HANDLE process, token;
    HANDLE file;
    char16_t
        path[POLICY_PATH_UNITS]; /* as Windows names it, and the final one once that is known */
};

static void client_program_close(struct client_program *program)
{
    close_handle(&program->process);
    close_handle(&program->token);
    close_handle(&program->file);
}

/* `error` is what Windows says; 0: it is this service that refuses. */
static struct failure client_refuse(const struct client_program *program, uint32_t error,
                                    const char16_t *reason)
{
    log_error_of(LOG_CONTROL_REFUSED, error ? error : ERROR_ACCESS_DENIED,
                 "A client of the control pipe is refused: %s (process %lu, %s)", UTF8(reason),
                 program->id, UTF8(program->path));
    return failure_of(ERROR_ACCESS_DENIED, reason);
}

/* The client's process, with its token and the name of its program. */
static uint32_t client_program_open(HANDLE pipe, struct client_program *program)
{
    DWORD units = ARRAY_COUNT(program->path);
    if (!GetNamedPipeClientProcessId(pipe, &program->id))
        return GetLastError();
    program->process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, program->id);
    if (!program->process ||
        !OpenProcessToken(program->process, TOKEN_QUERY | TOKEN_DUPLICATE, &program->token) ||
        !QueryFullProcessImageNameW(program->process, 0, program->path, &units))
        return GetLastError();
    return 0;
}

/* ---- the process ---- */

struct logon {
    LUID id;
    uint32_t session;
};

static uint32_t token_logon(HANDLE token, struct logon *logon)
{
    TOKEN_STATISTICS statistics;
    DWORD size;
    if (!GetTokenInformation(token, TokenStatistics, &statistics, sizeof(statistics), &size))
        return GetLastError();
    logon->id = statistics.AuthenticationId;
    return token_session(token, &logon->session);
}

static bool logon_is_same(const struct logon *a, const struct logon *b)
{
    return a->id.LowPart == b->id.LowPart && a->id.HighPart == b->id.HighPart &&
           a->session == b->session;
}

struct failure client_process_check(const struct client_question *question)
{
    CLEANUP(client_program_close) struct client_program program = {0};
    struct logon caller = {0}, process = {0};
    uint64_t created = 0;
    uint32_t error = client_program_open(question->pipe, &program);
    if (!error)
        error = process_created(program.process, &created);
    if (!error)
        error = token_logon(program.token, &process);
    if (!error)
        error = token_logon(question->caller->token, &caller);
    if (error)
        return client_refuse(&program, error, u"The process of this client cannot be looked at");
    if (created > question->connected)
        return client_refuse(&program, 0,
                             u"The process of this client was started after it had connected");
    if (!logon_is_same(&caller, &process))
        return client_refuse(&program, 0,
                             u"The process of this client is of another log-on than its request");
    return NO_FAILURE;
}

/* ---- its program ---- */

/* With the rights of the process: by a link it may lead to a server, where the service would log
 * this machine on. A file whose signature is looked at stays as it is meanwhile. */
static uint32_t open_image(struct client_program *program, bool is_to_be_signed)
{
    CLEANUP(caller_close) struct caller client = {0};
    if (!path_is_local(path_without_prefix(program->path)))
        return ERROR_BAD_PATHNAME;
    if (!DuplicateTokenEx(program->token, TOKEN_QUERY | TOKEN_IMPERSONATE, NULL,
                          SecurityImpersonation, TokenImpersonation, &client.token))
        return GetLastError();
    uint32_t error = caller_open(
        &client, program->path, is_to_be_signed ? GENERIC_READ : FILE_READ_ATTRIBUTES,
        is_to_be_signed ? FILE_SHARE_READ : FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        0, &program->file);
    return !error && GetFileType(program->file) != FILE_TYPE_DISK ? (uint32_t)ERROR_BAD_PATHNAME
                                                                  : error;
}

/* The name that Windows gives has no link in it. If it leads elsewhere, somebody has moved what was
 * started and put a link in its place. */
static uint32_t check_name(const struct client_program *program, bool *is_moved)
{
    char16_t opened[POLICY_PATH_UNITS];
    DWORD length = GetFinalPathNameByHandleW(program->file, opened, POLICY_PATH_UNITS,
                                             FILE_NAME_OPENED | VOLUME_NAME_DOS);
    if (length == 0)
        return GetLastError();
    if (length >= POLICY_PATH_UNITS)
        return ERROR_FILENAME_EXCED_RANGE;
    *is_moved = CompareStringOrdinal(path_without_prefix(opened), -1,
                                     path_without_prefix(program->path), -1, TRUE) != CSTR_EQUAL;
    return 0;
}

static bool lies_below(const char16_t *path, const char16_t *folder)
{
    char16_t final[POLICY_PATH_UNITS];
    CLEANUP_HANDLE HANDLE handle = CreateFileW(
        folder, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
        OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (handle == INVALID_HANDLE_VALUE || final_path_of(handle, final) || !path_is_local(final))
        return false;
    size_t length = text_length(final);
    if (final[length - 1] == '\\')
        length--;
    return text_length(path) > length && path[length] == '\\' &&
           CompareStringOrdinal(final, (int)length, path, (int)length, TRUE) == CSTR_EQUAL;
}

static bool lies_below_service(const char16_t *path)
{
    char16_t folder[PROGRAM_UNITS];
    if (program_path(folder))
        return false;
    size_t length = text_length(folder);
    while (length && folder[length - 1] != '\\')
        length--;
    folder[length] = 0;
    return lies_below(path, folder);
}

static bool lies_below_one_of(const char16_t *path, const char16_t *folders)
{
    struct list_item item;
    while (list_next(&folders, &item)) {
        char16_t folder[SETTING_LONG_LIST];
        struct text text = TEXT_ON(folder);
        text_append_units(&text, item.text, item.length);
        if (lies_below(path, folder))
            return true;
    }
    return false;
}

static struct failure check_installed(const struct client_question *question,
                                      const struct client_program *program)
{
    CLEANUP(path_finding_free) struct path_finding finding = {.descriptor = NULL};
    const struct settings *settings = question->settings;
    bool is_changeable = false;
    if (lies_below_one_of(program->path, settings->client_folders))
        return NO_FAILURE;
    if (!lies_below(program->path, settings->install_dir) && !lies_below_service(program->path))
        return client_refuse(program, 0, u"The program of this client is not an installed one");
    if (settings->allow_writable_install)
        return NO_FAILURE;
    uint32_t error = changeable_by_users(program->path, question->caller, &is_changeable, &finding);
    return error || is_changeable
               ? client_refuse(program, error, u"Users can change the program of this client")
               : NO_FAILURE;
}

static struct failure check_signed(const struct settings *settings,
                                   const struct client_program *program)
{
    char16_t name[SIGNER_UNITS];
    uint32_t error = signer_check(program->file, program->path, settings->client_signers, name);
    return error ? client_refuse(program, error,
                                 u"The program of this client is not signed as client_signers says")
                 : NO_FAILURE;
}

struct failure client_image_check(const struct client_question *question)
{
    CLEANUP(client_program_close) struct client_program program = {0};
    const bool is_to_be_signed = *question->settings->client_signers;
    bool is_moved = false;
    uint32_t error = client_program_open(question->pipe, &program);
    if (!error)
        error = open_image(&program, is_to_be_signed);
    if (!error)
        error = check_name(&program, &is_moved);
    if (is_moved)
        return client_refuse(&program, 0, u"The program of this client was moved since its start");
    if (!error)
        error = final_path_of(program.file, program.path);
    if (error)
        return client_refuse(&program, error, u"The program of this client cannot be opened");
    struct failure failure = check_installed(question, &program);
    if (!failed(failure) && is_to_be_signed)
        failure = check_signed(question->settings, &program);
    return failure;
}
