/* SPDX-License-Identifier: MIT */
#include "installer/command.h"

#include "base/win32/handles.h"

#include <string.h>

enum { STEP_MILLISECONDS = 20, MOST_MILLISECONDS = 5 * 60 * 1000, LINE_BYTES = 1024 };

/* What has been read of the command's output, up to the end of the line. */
struct output {
    MSIHANDLE package;
    HANDLE pipe;
    char line[LINE_BYTES];
    size_t size;
};

static void output_end_line(struct output *output)
{
    char16_t units[LINE_BYTES + 1] = u"";
    if (!output->size)
        return;
    units[text_from_utf8(output->line, output->size, units, LINE_BYTES)] = 0;
    package_log(output->package, u"    %1", units);
    output->size = 0;
}

static void output_take(struct output *output, char byte)
{
    if (byte == '\n' || output->size == LINE_BYTES)
        output_end_line(output);
    if (byte != '\n' && byte != '\r')
        output->line[output->size++] = byte;
}

/* What is there now; does not wait. */
static void output_read(struct output *output)
{
    char bytes[512];
    DWORD there = 0, size = 0;
    while (PeekNamedPipe(output->pipe, NULL, 0, NULL, &there, NULL) && there &&
           ReadFile(output->pipe, bytes, sizeof(bytes), &size, NULL))
        for (DWORD i = 0; i < size; i++)
            output_take(output, bytes[i]);
}

static void delete_attributes(LPPROC_THREAD_ATTRIBUTE_LIST *list)
{
    if (*list)
        DeleteProcThreadAttributeList(*list);
    free(*list);
}

/* The process inherits the writing end of its output and nothing else. */
static uint32_t command_start(const char16_t *program, char16_t *line, HANDLE output,
                              HANDLE *process)
{
    CLEANUP(delete_attributes) LPPROC_THREAD_ATTRIBUTE_LIST attributes = NULL;
    PROCESS_INFORMATION started;
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    LPPROC_THREAD_ATTRIBUTE_LIST list = malloc(size);
    if (!list)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!InitializeProcThreadAttributeList(list, 1, 0, &size)) {
        free(list);
        return GetLastError();
    }
    attributes = list;
    STARTUPINFOEXW startup = {.StartupInfo = {.cb = sizeof(startup),
                                              .dwFlags = STARTF_USESTDHANDLES,
                                              .hStdOutput = output,
                                              .hStdError = output},
                              .lpAttributeList = attributes};
    if (!UpdateProcThreadAttribute(attributes, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &output,
                                   sizeof(output), NULL, NULL) ||
        !CreateProcessW(program, line, NULL, NULL, TRUE,
                        CREATE_NO_WINDOW | EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
                        &startup.StartupInfo, &started))
        return GetLastError();
    CloseHandle(started.hThread);
    *process = started.hProcess;
    return 0;
}

static uint32_t command_wait(struct output *output, HANDLE process, DWORD *exit_code)
{
    const ULONGLONG start = GetTickCount64();
    while (WaitForSingleObject(process, STEP_MILLISECONDS) == WAIT_TIMEOUT) {
        output_read(output);
        if (GetTickCount64() - start > MOST_MILLISECONDS) {
            TerminateProcess(process, ERROR_TIMEOUT);
            return ERROR_TIMEOUT;
        }
    }
    output_read(output);
    output_end_line(output);
    return GetExitCodeProcess(process, exit_code) ? 0 : GetLastError();
}

uint32_t command_run(MSIHANDLE package, const char16_t *program, const char16_t *instance,
                     const char16_t *switches, DWORD *exit_code)
{
    SECURITY_ATTRIBUTES inherited = {sizeof(inherited), NULL, TRUE};
    CLEANUP_HANDLE HANDLE reading = NULL, writing = NULL, process = NULL;
    char16_t units[PACKAGE_VALUE_UNITS + 512];
    struct text line = TEXT_ON(units);
    text_append(&line, u"\"");
    text_append(&line, program);
    text_append(&line, u"\" ");
    if (*instance) {
        text_append(&line, u"-instance interactive \"");
        text_append(&line, instance);
        text_append(&line, u"\" ");
    }
    text_append(&line, switches);
    if (line.truncated)
        return ERROR_FILENAME_EXCED_RANGE;
    package_log(package, u"%1", units);
    if (!CreatePipe(&reading, &writing, &inherited, 0) ||
        !SetHandleInformation(reading, HANDLE_FLAG_INHERIT, 0))
        return GetLastError();
    uint32_t error = command_start(program, units, writing, &process);
    close_handle(&writing);
    struct output output = {.package = package, .pipe = reading};
    if (!error)
        error = command_wait(&output, process, exit_code);
    if (error)
        package_log(package, u"    not done: error %1!u!", error);
    else
        package_log(package, u"    exit code %1!u!", *exit_code);
    return error;
}
