/* SPDX-License-Identifier: MIT */
/* programs.h over Windows' processes. Facts: docs/protocol.md, "Programs". */
#include "system/win32/programs.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/account.h"
#include "base/win32/handles.h"
#include "base/win32/missing.h"
#include "base/win32/trusted_program.h"

#include <stdio.h>

enum { PATH_UNITS = PATH_ACL_UNITS, KILL_MILLISECONDS = 5000 };

static const char16_t *tapctl_folder, *openvpn_name;
static bool may_be_changed; /* tapctl.exe, by users */

/* A job that ends its programs when this process ends, for whatever reason: a program that runs on
 * would change what the next start of the service restores. */
static HANDLE job;
static LPPROC_THREAD_ATTRIBUTE_LIST
    job_attributes; /* puts a new process into the job; NULL: the job could not be created */

/* `name` is the first word of the command line. tapctl may run on after the end of this process:
 * the adapter that it creates is not undone, and half an adapter is worse than a whole one. */
static const struct {
    const char16_t *name, *file;
    bool is_of_system, ends_with_us;
} program_files[] = {
    [PROGRAM_NETSH] = {u"netsh", u"netsh.exe", true, true},
    [PROGRAM_IPCONFIG] = {u"ipconfig", u"ipconfig.exe", true, true},
    [PROGRAM_TAPCTL] = {u"tapctl", u"tapctl.exe", false, false},
};

/* Its folder is a setting, and it runs as SYSTEM. */
static uint32_t find_tapctl(char16_t path[PATH_UNITS])
{
    CLEANUP(path_finding_free) struct path_finding finding = {.descriptor = NULL};
    char16_t given[PATH_UNITS], account[ACCOUNT_UNITS];
    struct text text = TEXT_ON(given);
    text_append(&text, tapctl_folder); /* ends with a backslash */
    text_append(&text, program_files[PROGRAM_TAPCTL].file);
    if (text.truncated)
        return ERROR_FILENAME_EXCED_RANGE;
    uint32_t error = trusted_program_find(given, path, &finding);
    if (!*finding.path)
        return error ? log_error(error, "ExecCommand: %s cannot be opened", UTF8(given)) : 0;
    if (may_be_changed)
        return 0;
    path_finding_describe(&finding, account);
    return log_error_of(
        LOG_PROGRAM_REFUSED, error,
        "tapctl.exe is not started: %s may be changed by %s. Let only administrators write there; "
        "to start it all the same, set the registry value allow_writable_install to 1",
        UTF8(finding.path), UTF8(account));
}

/* Writes the absolute path of the program, so that Windows does not search PATH. */
static uint32_t path_of_program(enum program program, char16_t path[PATH_UNITS])
{
    struct text text = text_on(path, PATH_UNITS);
    char16_t folder[PATH_UNITS];
    if (!program_files[program].is_of_system)
        return find_tapctl(path);
    UINT length = GetSystemDirectoryW(folder, PATH_UNITS);
    if (length == 0)
        return GetLastError();
    if (length >= PATH_UNITS)
        return ERROR_FILENAME_EXCED_RANGE;
    text_append(&text, folder);
    text_append(&text, u"\\");
    text_append(&text, program_files[program].file);
    return text.truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
}

/* CreateProcess itself puts the process into the job. If that were done after it, and this process
 * died in between, the suspended process would stay for ever. */
static uint32_t programs_make_job(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.BasicLimitInformation.LimitFlags =
                                                       JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE};
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    CLEANUP_FREE LPPROC_THREAD_ATTRIBUTE_LIST list = malloc(size);
    if (!list)
        return ERROR_NOT_ENOUGH_MEMORY;
    job = CreateJobObjectW(NULL, NULL);
    if (!job ||
        !SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)) ||
        !InitializeProcThreadAttributeList(list, 1, 0, &size) ||
        !UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_JOB_LIST, &job, sizeof(job), NULL,
                                   NULL))
        return GetLastError();
    job_attributes = TAKE(list);
    return 0;
}

static uint32_t program_start(enum program program, const char16_t *path, char16_t *command_line,
                              HANDLE *process)
{
    STARTUPINFOEXW startup = {.StartupInfo.cb = sizeof(startup.StartupInfo)};
    PROCESS_INFORMATION information;
    DWORD flags = CREATE_NO_WINDOW;
    if (program_files[program].ends_with_us && job_attributes) {
        startup.StartupInfo.cb = sizeof(startup);
        startup.lpAttributeList = job_attributes;
        flags |= EXTENDED_STARTUPINFO_PRESENT;
    }

    /* The working folder is the system directory, because the service's own may be any folder.
     * FALSE: no handle is inherited. */
    char16_t folder[PATH_UNITS];
    if (!GetSystemDirectoryW(folder, PATH_UNITS))
        return GetLastError();
    if (!CreateProcessW(path, command_line, NULL, NULL, FALSE, flags, NULL, folder,
                        &startup.StartupInfo, &information))
        return GetLastError();
    CloseHandle(information.hThread);
    *process = information.hProcess;
    return 0;
}

/* Waits for the end of the process and returns its exit code. If the time is up or `stop` is set
 * before, terminates the process and returns WAIT_TIMEOUT or ERROR_CANCELLED. */
static uint32_t program_wait(HANDLE process, uint32_t milliseconds, HANDLE stop)
{
    HANDLE handles[] = {process, stop};
    DWORD code = WaitForMultipleObjects(stop ? 2 : 1, handles, FALSE, milliseconds);
    if (code == WAIT_OBJECT_0)
        return GetExitCodeProcess(process, &code) ? code : GetLastError();
    uint32_t error = code == WAIT_TIMEOUT        ? WAIT_TIMEOUT
                     : code == WAIT_OBJECT_0 + 1 ? ERROR_CANCELLED
                                                 : GetLastError();
    TerminateProcess(process, error);
    WaitForSingleObject(process, KILL_MILLISECONDS);
    return error;
}

static uint32_t program_log_run(uint32_t error, const char16_t *path, const char16_t *command_line,
                                const char *what)
{
    char path_text[PATH_UNITS], line[PROGRAM_ARGUMENTS];
    text_to_line(path, path_text, sizeof(path_text));
    text_to_line(command_line, line, sizeof(line));
    if (error)
        return log_error(error, "ExecCommand: \"%s %s\" %s", path_text, line, what);
    log_information("ExecCommand: \"%s %s\" %s", path_text, line, what);
    return 0;
}

uint32_t win32_run_until(enum program program, const char16_t *arguments, uint32_t milliseconds,
                         HANDLE stop)
{
    CLEANUP_HANDLE HANDLE process = NULL;
    char16_t path[PATH_UNITS], command_line[PROGRAM_ARGUMENTS + 16], again[PROGRAM_ARGUMENTS + 16];
    struct text text = TEXT_ON(command_line), copy = TEXT_ON(again);
    char status[64];
    text_append(&text, program_files[program].name);
    text_append(&text, u" ");
    text_append(&text, arguments);
    text_append(&copy, command_line); /* for the log: CreateProcess may change its command line */
    uint32_t error = text.truncated ? ERROR_INVALID_PARAMETER : path_of_program(program, path);
    if (error)
        return error;
    error = program_start(program, path, command_line, &process);
    if (error)
        return program_log_run(error, path, again, "could not run");
    error = program_wait(process, milliseconds, stop);
    if (error == WAIT_TIMEOUT)
        return program_log_run(error, path, again, "killed after timeout");
    if (error == ERROR_CANCELLED)
        return program_log_run(error, path, again, "ended with the service");
    snprintf(status, sizeof(status), "exited with status = %lu", (unsigned long)error);
    return program_log_run(error, path, again, error ? status : "completed");
}

static uint32_t win32_run(struct programs *self, enum program program, const char16_t *arguments,
                          uint32_t milliseconds)
{
    (void)self;
    return win32_run_until(program, arguments, milliseconds, NULL);
}

static const char16_t *program_file_name(const char16_t *path)
{
    const char16_t *name = path;
    for (; *path; path++)
        if (*path == '\\')
            name = path + 1;
    return name;
}

static bool program_is_named(const char16_t *path, const char16_t *name)
{
    return CompareStringOrdinal(program_file_name(path), -1, name, -1, TRUE) == CSTR_EQUAL;
}

/* Compares the name of the process's file: openvpn.exe, which another installation may run, and the
 * name of the program that this service runs. */
static bool win32_is_openvpn(struct programs *self, uint32_t process_id)
{
    CLEANUP_HANDLE HANDLE process =
        OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, process_id);
    char16_t path[PATH_UNITS];
    DWORD length = PATH_UNITS;

    (void)self;
    if (!process) /* only one error says that there is none; others, that it may not be opened */
        return GetLastError() != ERROR_INVALID_PARAMETER;
    if (WaitForSingleObject(process, 0) == WAIT_OBJECT_0)
        return false;
    if (!QueryFullProcessImageNameW(process, 0, path, &length))
        return true; /* it runs, but cannot be identified */
    return program_is_named(path, u"openvpn.exe") || program_is_named(path, openvpn_name);
}

struct programs *programs_win32(const char16_t *bin_dir, const char16_t *openvpn, bool trusts_users)
{
    static struct programs table = {
        .run = win32_run,
        .register_dns = win32_register_dns,
        .is_openvpn = win32_is_openvpn,
    };
    tapctl_folder = bin_dir;
    may_be_changed = trusts_users;
    openvpn_name = program_file_name(openvpn);
    uint32_t error = job ? 0 : programs_make_job();
    if (error)
        log_error(error, "Programs will outlive this service when it dies");
    return &table;
}
