/* SPDX-License-Identifier: MIT */
#include "service/startup/launch.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/missing.h"
#include "service/startup/child_pipes.h"
#include "service/startup/child_security.h"
#include "service/startup/config_path.h"
#include "service/startup/openvpn_file.h"

#include <stdio.h>
#include <string.h>
#include <userenv.h>

/* All that one start needs and that ends with it. */
struct preparation {
    HANDLE token; /* primary */
    HANDLE job;
    HANDLE folder; /* held open, so that nobody can put a link in its place */
    char16_t folder_path[POLICY_PATH_UNITS];
    struct child_security security;
    struct child_pipes pipes;
    void *environment;
    char16_t *command;
    LPPROC_THREAD_ATTRIBUTE_LIST attributes;
    HANDLE inherited[3];
};

static void preparation_free(struct preparation *preparation)
{
    close_handle(&preparation->token);
    close_handle(&preparation->job);
    close_handle(&preparation->folder);
    child_security_free(&preparation->security);
    child_pipes_free(&preparation->pipes);
    if (preparation->environment)
        DestroyEnvironmentBlock(preparation->environment);
    free(preparation->command);
    if (preparation->attributes)
        DeleteProcThreadAttributeList(preparation->attributes);
    free(preparation->attributes);
}

/* The folder must be one that the user can enter, and local: the process is created by SYSTEM, and
 * a name on a server of the user's choice would make this machine log on there. Whatever is wrong
 * with it, the answer is the one of CreateProcess. */
static struct failure open_folder(const struct launch *launch, struct preparation *preparation)
{
    static const char16_t function[] = u"CreateProcessAsUser";
    uint32_t error = ERROR_BAD_PATHNAME;
    BY_HANDLE_FILE_INFORMATION information;

    if (path_is_local(launch->directory))
        error = caller_open(launch->caller, launch->directory, FILE_TRAVERSE | FILE_READ_ATTRIBUTES,
                            FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_FLAG_BACKUP_SEMANTICS,
                            &preparation->folder);
    if (!error && (GetFileType(preparation->folder) != FILE_TYPE_DISK ||
                   !GetFileInformationByHandle(preparation->folder, &information) ||
                   !(information.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)))
        error = ERROR_DIRECTORY;
    if (!error)
        error = final_path_of(preparation->folder, preparation->folder_path);
    if (!error && !path_is_local(preparation->folder_path))
        error = ERROR_BAD_PATHNAME;
    if (!error)
        return NO_FAILURE;
    log_error(error,
              "The working folder %s cannot be used: it must be a local folder that the "
              "user may enter",
              UTF8(launch->directory));
    return failure_of(ERROR_DIRECTORY, function);
}

/* The session's job: its end is the process's end, but what the process starts (scripts, drivers of
 * the user's own) is none of it. */
static struct failure make_job(HANDLE *job)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.BasicLimitInformation.LimitFlags =
                                                       JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE |
                                                       JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK};

    *job = CreateJobObjectW(NULL, NULL);
    if (!*job)
        return last_failure(u"CreateJobObject");
    if (!SetInformationJobObject(*job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)))
        return last_failure(u"SetInformationJobObject");
    return NO_FAILURE;
}

/* The message channel is the last option, so that nothing before it can undo it. */
static struct failure make_command(const struct launch *launch, struct preparation *preparation)
{
    char16_t last[64];
    struct text channel = TEXT_ON(last);
    CLEANUP_FREE char16_t *line = tokens_join(u"openvpn", launch->tokens);
    size_t units = line ? text_length(line) + ARRAY_COUNT(last) : 0;

    preparation->command = line ? malloc(units * sizeof(*line)) : NULL;
    if (!preparation->command)
        return failure_of(ERROR_NOT_ENOUGH_MEMORY, u"malloc");
    text_append_format(&channel, " --msg-channel %llu",
                       (unsigned long long)(uintptr_t)preparation->pipes.channel);
    struct text command = text_on(preparation->command, units);
    text_append(&command, line);
    text_append(&command, last);
    return NO_FAILURE;
}

/* The child inherits the three handles and nothing else, and is in its job from its first
 * instruction. */
static struct failure make_attributes(struct preparation *preparation)
{
    SIZE_T size = 0;

    preparation->inherited[0] = preparation->pipes.input;
    preparation->inherited[1] = preparation->pipes.null;
    preparation->inherited[2] = preparation->pipes.channel;
    InitializeProcThreadAttributeList(NULL, 2, 0, &size);
    LPPROC_THREAD_ATTRIBUTE_LIST list = malloc(size);
    if (!list)
        return failure_of(ERROR_NOT_ENOUGH_MEMORY, u"malloc");
    if (!InitializeProcThreadAttributeList(list, 2, 0, &size)) {
        struct failure failure = last_failure(u"InitializeProcThreadAttributeList");
        free(list);
        return failure;
    }
    preparation->attributes = list;
    if (!UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                   preparation->inherited, sizeof(preparation->inherited), NULL,
                                   NULL) ||
        !UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_JOB_LIST, &preparation->job,
                                   sizeof(preparation->job), NULL, NULL))
        return last_failure(u"UpdateProcThreadAttribute");
    return NO_FAILURE;
}

static struct failure prepare(const struct launch *launch, struct preparation *preparation)
{
    struct failure failure = child_security_make(launch->caller, &preparation->security);

    if (!failure.function &&
        !DuplicateTokenEx(launch->caller->token, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation,
                          TokenPrimary, &preparation->token))
        failure = last_failure(u"DuplicateTokenEx");
    if (!failure.function)
        failure =
            child_pipes_make(launch->settings->instance, launch->input_size, &preparation->pipes);
    if (!failure.function)
        failure = make_command(launch, preparation);
    if (!failure.function)
        failure = make_job(&preparation->job);
    if (!failure.function)
        failure = make_attributes(preparation);
    if (!failure.function &&
        !CreateEnvironmentBlock(&preparation->environment, preparation->token, FALSE))
        failure = last_failure(u"CreateEnvironmentBlock");
    return failure.function ? failure : open_folder(launch, preparation);
}

/* Not impersonating: the executable is the administrator's, whatever drives and links the user has.
 */
static struct failure start(const struct launch *launch, struct preparation *preparation,
                            struct child *child)
{
    SECURITY_ATTRIBUTES process = {.nLength = sizeof(process),
                                   .lpSecurityDescriptor = preparation->security.process};
    SECURITY_ATTRIBUTES thread = {.nLength = sizeof(thread),
                                  .lpSecurityDescriptor = preparation->security.thread};
    STARTUPINFOEXW startup = {
        .StartupInfo = {.cb = sizeof(startup),
                        .dwFlags = STARTF_USESTDHANDLES,
                        .hStdInput = preparation->pipes.input,
                        .hStdOutput = preparation->pipes.null,
                        .hStdError = preparation->pipes.null},
        .lpAttributeList = preparation->attributes,
    };
    PROCESS_INFORMATION started;

    if (!CreateProcessAsUserW(preparation->token, launch->settings->exe_path, preparation->command,
                              &process, &thread, TRUE,
                              launch->settings->priority | CREATE_NO_WINDOW |
                                  CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT,
                              preparation->environment, preparation->folder_path,
                              &startup.StartupInfo, &started))
        return last_failure(u"CreateProcessAsUser");
    CloseHandle(started.hThread);
    child->process = started.hProcess;
    child->id = started.dwProcessId;
    return NO_FAILURE;
}

struct failure child_launch(const struct launch *launch, struct child *child)
{
    CLEANUP(preparation_free) struct preparation preparation = {0};
    struct failure failure = prepare(launch, &preparation);

    if (failure.function)
        return failure;
    child->layout = openvpn_file_layout(launch->settings->exe_path);
    failure = start(launch, &preparation, child);
    if (failure.function)
        return failure;
    child->job = TAKE(preparation.job);
    child->input = TAKE(preparation.pipes.input_writer);
    child->channel = TAKE(preparation.pipes.channel_ours);
    return NO_FAILURE;
}

void child_close(struct child *child)
{
    close_handle(&child->channel);
    close_handle(&child->input);
    close_handle(&child->process);
    close_handle(&child->job);
}
