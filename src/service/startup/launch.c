/* SPDX-License-Identifier: MIT */
#include "service/startup/launch.h"

#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/missing.h"
#include "service/startup/child_pipes.h"
#include "service/startup/child_security.h"
#include "service/startup/openvpn_file.h"
#include "service/startup/program_check.h"
#include "service/startup/working_folder.h"

#include <stdio.h>
#include <string.h>
#include <userenv.h>

/* What one start needs, and is freed when it has ended. */
struct preparation {
    struct program program; /* openvpn.exe: what was checked is what runs */
    HANDLE token;           /* primary */
    HANDLE job;
    struct working_folder folder;
    struct child_security security;
    struct child_pipes pipes;
    void *environment;
    char16_t *command;
    LPPROC_THREAD_ATTRIBUTE_LIST attributes;
    HANDLE inherited[3];
};

static void preparation_free(struct preparation *preparation)
{
    program_close(&preparation->program);
    close_handle(&preparation->token);
    close_handle(&preparation->job);
    working_folder_close(&preparation->folder);
    child_security_free(&preparation->security);
    child_pipes_free(&preparation->pipes);
    if (preparation->environment)
        DestroyEnvironmentBlock(preparation->environment);
    free(preparation->command);
    if (preparation->attributes)
        DeleteProcThreadAttributeList(preparation->attributes);
    free(preparation->attributes);
}

/* The job of the session: closing its last handle terminates the process. Programs that the process
 * starts (the user's own scripts) are not in it. */
static struct failure make_session_job(HANDLE *job)
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

/* The message channel is the last option, so that no option before it can override it. */
static struct failure make_command_line(const struct launch *launch,
                                        struct preparation *preparation)
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

/* The child inherits these three handles only, and is in its job from its first instruction on. */
static struct failure make_attribute_list(struct preparation *preparation)
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

static struct failure prepare_launch(const struct launch *launch, struct preparation *preparation)
{
    struct failure failure = program_check(launch->settings, launch->caller, &preparation->program);
    if (!failed(failure))
        failure = child_security_make(launch->caller, &preparation->security);
    if (!failed(failure) &&
        !DuplicateTokenEx(launch->caller->token, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation,
                          TokenPrimary, &preparation->token))
        failure = last_failure(u"DuplicateTokenEx");
    if (!failed(failure))
        failure =
            child_pipes_make(launch->settings->instance, launch->input_size, &preparation->pipes);
    if (!failed(failure))
        failure = make_command_line(launch, preparation);
    if (!failed(failure))
        failure = make_session_job(&preparation->job);
    if (!failed(failure))
        failure = make_attribute_list(preparation);
    if (!failed(failure) &&
        !CreateEnvironmentBlock(&preparation->environment, preparation->token, FALSE))
        failure = last_failure(u"CreateEnvironmentBlock");
    return failed(failure)
               ? failure
               : working_folder_open(launch->caller, launch->directory, &preparation->folder);
}

/* Does not impersonate: the path of the executable must not be resolved by the user's drives. */
static struct failure create_openvpn_process(const struct launch *launch,
                                             struct preparation *preparation, struct child *child)
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
    if (!CreateProcessAsUserW(preparation->token, preparation->program.path, preparation->command,
                              &process, &thread, TRUE,
                              launch->settings->priority | CREATE_NO_WINDOW |
                                  CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT,
                              preparation->environment, preparation->folder.path,
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
    struct failure failure = prepare_launch(launch, &preparation);
    if (failed(failure))
        return failure;
    child->layout = openvpn_file_layout(preparation.program.path);
    failure = create_openvpn_process(launch, &preparation, child);
    if (failed(failure))
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
