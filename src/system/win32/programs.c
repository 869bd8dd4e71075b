/* SPDX-License-Identifier: MIT */
/* programs.h over Windows' processes. Facts: docs/protocol.md, "Programs". */
#include "system/win32/programs.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/missing.h"

#include <stdio.h>

enum { PATH_UNITS = 512, KILL_MILLISECONDS = 5000 };

static const char16_t *tapctl_folder, *openvpn_name;

/* The job of programs that end with this process, whatever ends it: they must not go on changing
 * what the next start puts back. */
static HANDLE job;
static LPPROC_THREAD_ATTRIBUTE_LIST in_job; /* NULL: could not be made */

/* `name` is also the first word of the command line. tapctl may go on: what it makes stays anyway,
 * and an adapter is better than half of one. */
static const struct {
    const char16_t *name, *file;
    bool is_of_system, ends_with_us;
} PROGRAMS[] = {
    [PROGRAM_NETSH] = {u"netsh", u"netsh.exe", true, true},
    [PROGRAM_IPCONFIG] = {u"ipconfig", u"ipconfig.exe", true, true},
    [PROGRAM_TAPCTL] = {u"tapctl", u"tapctl.exe", false, false},
};

/* Always absolute: nothing is looked for along PATH. */
static uint32_t path_of(enum program program, char16_t path[PATH_UNITS])
{
    struct text text = text_on(path, PATH_UNITS);
    char16_t folder[PATH_UNITS];

    if (PROGRAMS[program].is_of_system) {
        UINT length = GetSystemDirectoryW(folder, PATH_UNITS);
        if (length == 0)
            return GetLastError();
        if (length >= PATH_UNITS)
            return ERROR_FILENAME_EXCED_RANGE;
        text_append(&text, folder);
        text_append(&text, u"\\");
    } else {
        text_append(&text, tapctl_folder); /* ends in a backslash */
    }
    text_append(&text, PROGRAMS[program].file);
    return text.truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
}

/* Within CreateProcess already: a process that is not begun to its end when ours dies would stay
 * for ever. */
static uint32_t make_job(void)
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
    in_job = TAKE(list);
    return 0;
}

static uint32_t start(enum program program, const char16_t *path, char16_t *command_line,
                      HANDLE *process)
{
    STARTUPINFOEXW startup = {.StartupInfo.cb = sizeof(startup.StartupInfo)};
    PROCESS_INFORMATION information;
    DWORD flags = CREATE_NO_WINDOW;

    if (PROGRAMS[program].ends_with_us && in_job) {
        startup.StartupInfo.cb = sizeof(startup);
        startup.lpAttributeList = in_job;
        flags |= EXTENDED_STARTUPINFO_PRESENT;
    }

    /* The folder of the program: the service's own may be anything. FALSE: no handle is
     * inherited. */
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

/* The exit code; WAIT_TIMEOUT, or ERROR_CANCELLED when `stop` came first, with the process ended.
 */
static uint32_t wait_for(HANDLE process, uint32_t milliseconds, HANDLE stop)
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

static uint32_t log_run(uint32_t error, const char16_t *path, const char16_t *command_line,
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

    text_append(&text, PROGRAMS[program].name);
    text_append(&text, u" ");
    text_append(&text, arguments);
    text_append(&copy, command_line); /* CreateProcess may write to the one it gets */
    uint32_t error = text.truncated ? ERROR_INVALID_PARAMETER : path_of(program, path);
    if (error)
        return error;
    error = start(program, path, command_line, &process);
    if (error)
        return log_run(error, path, again, "could not run");
    error = wait_for(process, milliseconds, stop);
    if (error == WAIT_TIMEOUT)
        return log_run(error, path, again, "killed after timeout");
    if (error == ERROR_CANCELLED)
        return log_run(error, path, again, "ended with the service");
    snprintf(status, sizeof(status), "exited with status = %lu", (unsigned long)error);
    return log_run(error, path, again, error ? status : "completed");
}

static uint32_t run(struct programs *self, enum program program, const char16_t *arguments,
                    uint32_t milliseconds)
{
    (void)self;
    return win32_run_until(program, arguments, milliseconds, NULL);
}

static const char16_t *file_name(const char16_t *path)
{
    const char16_t *name = path;

    for (; *path; path++)
        if (*path == '\\')
            name = path + 1;
    return name;
}

static bool is_named(const char16_t *path, const char16_t *name)
{
    return CompareStringOrdinal(file_name(path), -1, name, -1, TRUE) == CSTR_EQUAL;
}

/* By the file's name: a process of another installation counts too, whatever the program is called
 * in ours. */
static bool is_openvpn(struct programs *self, uint32_t process_id)
{
    CLEANUP_HANDLE HANDLE process =
        OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, process_id);
    char16_t path[PATH_UNITS];
    DWORD length = PATH_UNITS;

    (void)self;
    if (!process || WaitForSingleObject(process, 0) == WAIT_OBJECT_0)
        return false;
    if (!QueryFullProcessImageNameW(process, 0, path, &length))
        return true; /* it lives, and who it is cannot be told */
    return is_named(path, u"openvpn.exe") || is_named(path, openvpn_name);
}

struct programs *programs_win32(const char16_t *bin_dir, const char16_t *openvpn)
{
    static struct programs table = {
        .run = run,
        .register_dns = win32_register_dns,
        .is_openvpn = is_openvpn,
    };

    tapctl_folder = bin_dir;
    openvpn_name = file_name(openvpn);
    uint32_t error = job ? 0 : make_job();
    if (error)
        log_error(error, "Programs will outlive this service when it dies");
    return &table;
}
