/* SPDX-License-Identifier: MIT */
#include "service/update/installer.h"

#include "base/array.h"
#include "base/errors.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/process_time.h"

enum { INSTALLER_PATH_UNITS = 512, COMMAND_LINE_UNITS = 2048 };

static uint32_t system_folder(char16_t folder[INSTALLER_PATH_UNITS])
{
    const UINT length = GetSystemDirectoryW(folder, INSTALLER_PATH_UNITS);
    if (!length)
        return GetLastError();
    return length < INSTALLER_PATH_UNITS ? 0 : ERROR_FILENAME_EXCED_RANGE;
}

/* In quotes: none of these paths has one in it. */
static void append_argument(struct text *line, const char16_t *argument)
{
    text_append(line, line->length ? u" \"" : u"\"");
    text_append(line, argument);
    text_append(line, u"\"");
}

/* A job would end the installer with the service. One that lets nobody out is none that Windows
 * puts services into; then it is left to whoever has made it. */
static uint32_t create_installer(const char16_t *program, const char16_t *line,
                                 const char16_t *folder, PROCESS_INFORMATION *information)
{
    static const DWORD flags[] = {CREATE_NO_WINDOW | CREATE_BREAKAWAY_FROM_JOB, CREATE_NO_WINDOW};
    uint32_t error = 0;
    for (size_t i = 0; i < ARRAY_COUNT(flags); i++) {
        STARTUPINFOW startup = {.cb = sizeof(startup)};
        char16_t command[COMMAND_LINE_UNITS]; /* CreateProcess may change it */
        struct text text = TEXT_ON(command);
        text_append(&text, line);
        /* FALSE: no handle is inherited. */
        if (CreateProcessW(program, command, NULL, NULL, FALSE, flags[i], NULL, folder, &startup,
                           information))
            return 0;
        error = GetLastError();
        if (error != ERROR_ACCESS_DENIED)
            break;
    }
    return error;
}

uint32_t installer_start(const char16_t *package, const char16_t *log, struct installer *installer)
{
    char16_t folder[INSTALLER_PATH_UNITS], program[INSTALLER_PATH_UNITS], units[COMMAND_LINE_UNITS];
    struct text path = TEXT_ON(program), line = TEXT_ON(units);
    PROCESS_INFORMATION information;
    uint32_t error = system_folder(folder);
    if (error)
        return error;
    text_append(&path, folder);
    text_append(&path, u"\\msiexec.exe");
    append_argument(&line, program);
    text_append(&line, u" /i");
    append_argument(&line, package);
    text_append(&line, u" /qn /norestart /l*v");
    append_argument(&line, log);
    if (path.truncated || line.truncated)
        return ERROR_FILENAME_EXCED_RANGE;
    error = create_installer(program, units, folder, &information);
    if (error)
        return error;
    CloseHandle(information.hThread);
    *installer =
        (struct installer){.process = information.hProcess, .process_id = information.dwProcessId};
    process_created(installer->process, &installer->created);
    return 0;
}

uint32_t installer_find(uint32_t process_id, uint64_t created, struct installer *installer)
{
    CLEANUP_HANDLE HANDLE process = NULL;
    uint64_t found = 0;
    if (!process_id)
        return ERROR_NOT_FOUND;
    process = OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process_id);
    if (!process || process_created(process, &found) || found != created ||
        WaitForSingleObject(process, 0) == WAIT_OBJECT_0)
        return ERROR_NOT_FOUND;
    *installer = (struct installer){TAKE(process), process_id, created};
    return 0;
}

uint32_t installer_wait(const struct installer *installer, HANDLE stop, uint32_t *code)
{
    const HANDLE handles[] = {installer->process, stop};
    DWORD exit_code = 0;
    const DWORD which = WaitForMultipleObjects(ARRAY_COUNT(handles), handles, FALSE, INFINITE);
    if (which == WAIT_OBJECT_0 + 1)
        return ERROR_SHUTDOWN_IN_PROGRESS;
    if (which != WAIT_OBJECT_0 || !GetExitCodeProcess(installer->process, &exit_code))
        return GetLastError();
    *code = exit_code;
    return 0;
}

void installer_close(struct installer *installer)
{
    close_handle(&installer->process);
}
