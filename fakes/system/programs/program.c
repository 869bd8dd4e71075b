/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <stdarg.h>
#include <stdio.h>
#include <tlhelp32.h>

/* As in the real programs, the run-time does not expand wildcards. */
int _dowildcard;

/* The folder of a path, in place. False when it has none. */
static bool cut_name(wchar_t *path)
{
    wchar_t *name = wcsrchr(path, L'\\');
    if (name)
        *name = L'\0';
    return name != NULL;
}

static bool has_fakes(const wchar_t *folder)
{
    wchar_t path[MAX_PATH + 16];
    wcscpy(path, folder);
    wcscat(path, L"\\machine.dat");
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

static DWORD parent_process(void)
{
    PROCESSENTRY32W entry = {.dwSize = sizeof(entry)};
    DWORD parent = 0;
    HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    if (list == INVALID_HANDLE_VALUE)
        return 0;
    for (BOOL more = Process32FirstW(list, &entry); more && !parent;
         more = Process32NextW(list, &entry))
        if (entry.th32ProcessID == GetCurrentProcessId())
            parent = entry.th32ParentProcessID;
    CloseHandle(list);
    return parent;
}

static bool parents_folder(wchar_t folder[MAX_PATH])
{
    DWORD length = MAX_PATH;
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, parent_process());
    if (!process)
        return false;
    bool known = QueryFullProcessImageNameW(process, 0, folder, &length);
    CloseHandle(process);
    return known && cut_name(folder);
}

/* The folder of the fakes that we belong to. */
static bool find_fakes(wchar_t folder[MAX_PATH])
{
    DWORD length = GetModuleFileNameW(NULL, folder, MAX_PATH);
    if (length && length < MAX_PATH && cut_name(folder) && cut_name(folder) && has_fakes(folder))
        return true;
    return parents_folder(folder) && has_fakes(folder);
}

static void record_stream(struct record *record, const char *name, DWORD which)
{
    static const char *const types[] = {"unknown", "disk", "character", "pipe"};
    HANDLE handle = GetStdHandle(which);
    DWORD type = handle && handle != INVALID_HANDLE_VALUE ? GetFileType(handle) : 0;
    record_utf8(record, name, !type ? "none" : type < ARRAYSIZE(types) ? types[type] : types[0]);
}

static void record_arguments(struct record *record, int count, wchar_t **arguments)
{
    record_list(record, "arguments");
    for (int i = 0; i < count; i++)
        record_list_wide(record, arguments[i]);
    record_list_end(record);
}

static void record_start(enum call call, int count, wchar_t **arguments)
{
    struct watch watch;
    wchar_t text[MAX_PATH];
    STARTUPINFOW startup;
    watch_begin(&watch, CALL_ProgramStart);
    record_utf8(&watch.record, "program", call_name(call));
    record_arguments(&watch.record, count, arguments);
    record_wide(&watch.record, "command_line", GetCommandLineW());
    GetCurrentDirectoryW(MAX_PATH, text);
    record_wide(&watch.record, "directory", text);
    record_number(&watch.record, "parent", parent_process());
    record_stream(&watch.record, "stdin", STD_INPUT_HANDLE);
    record_stream(&watch.record, "stdout", STD_OUTPUT_HANDLE);
    record_stream(&watch.record, "stderr", STD_ERROR_HANDLE);
    GetStartupInfoW(&startup);
    record_hex(&watch.record, "startup_flags", startup.dwFlags);
    record_number(&watch.record, "show", startup.wShowWindow);
    if (GetEnvironmentVariableW(L"PATH", text, MAX_PATH) < MAX_PATH)
        record_wide(&watch.record, "path", text);
    watch_end(&watch, 0);
}

int program_run(enum call call, int count, wchar_t **arguments, program_main *run)
{
    wchar_t folder[MAX_PATH] = L"";
    struct watch watch;
    if (!find_fakes(folder) || watch_open(folder) != 0) {
        program_print("%s: no fakes here\r\n", call_name(call));
        return 1;
    }
    record_start(call, count, arguments);
    int left = count > 0 ? count - 1 : 0;
    uint32_t code = watch_begin(&watch, call);
    record_arguments(&watch.record, left, arguments + 1);
    if (!code)
        code = run(left, arguments + 1);
    return (int)watch_end(&watch, code);
}

void program_print(const char *format, ...)
{
    char text[1024];
    DWORD written;
    va_list arguments;
    HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);
    if (!output || output == INVALID_HANDLE_VALUE)
        return;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length > 0 && (size_t)length < sizeof(text))
        WriteFile(output, text, (DWORD)length, &written, NULL);
}
