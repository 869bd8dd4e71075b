/* SPDX-License-Identifier: MIT */
/* Commands of a test: one JSON object per message on the control pipe, e.g. {"do": "send", "data":
 * "<hexadecimal>"}, each answered by one. An error is {"error": <Win32 code>}. */
#include "openvpn.h"

#include "describe.h"

#include <stdio.h>
#include <string.h>

enum { ANSWER_MAX = 65536 };

/* Adds its results to `answer`; returns 0 or a Win32 error code. */
typedef uint32_t command_run(const cJSON *command, cJSON *answer);

static uint8_t *bytes_of(const cJSON *hex, size_t *size)
{
    const char *text = cJSON_GetStringValue(hex);
    *size = text ? strlen(text) / 2 : 0;
    uint8_t *bytes = calloc(1, *size + 1);
    for (size_t i = 0; i < *size; i++)
        sscanf(text + 2 * i, "%2hhx", &bytes[i]);
    return bytes;
}

static cJSON *hex_of(const uint8_t *bytes, size_t size)
{
    CLEANUP_FREE char *text = calloc(2, size + 1);
    for (size_t i = 0; i < size; i++)
        sprintf(text + 2 * i, "%02x", bytes[i]);
    return cJSON_CreateString(text);
}

static DWORD timeout_of(const cJSON *command)
{
    const cJSON *timeout = cJSON_GetObjectItem(command, "timeout");
    return cJSON_IsNumber(timeout) ? (DWORD)timeout->valuedouble : INFINITE;
}

static uint32_t write_one(const cJSON *hex)
{
    size_t size;
    CLEANUP_FREE uint8_t *bytes = bytes_of(hex, &size);
    return channel_write(bytes, size);
}

static uint32_t read_one(const cJSON *command, cJSON **hex)
{
    size_t size = 0;
    CLEANUP_FREE uint8_t *bytes = malloc(ANSWER_MAX);
    uint32_t error = channel_read(bytes, ANSWER_MAX, timeout_of(command), &size);
    if (!error)
        *hex = hex_of(bytes, size);
    return error;
}

static uint32_t run_write(const cJSON *command, cJSON *answer)
{
    (void)answer;
    return write_one(cJSON_GetObjectItem(command, "data"));
}

static uint32_t run_read(const cJSON *command, cJSON *answer)
{
    cJSON *hex = NULL;
    uint32_t error = read_one(command, &hex);
    if (!error)
        cJSON_AddItemToObject(answer, "data", hex);
    return error;
}

static uint32_t run_send(const cJSON *command, cJSON *answer)
{
    uint32_t error = run_write(command, answer);
    return error ? error : run_read(command, answer);
}

/* Many messages, each answered before the next is sent ("pipelined": all written first), and the
 * time for all of them. */
static uint32_t run_batch(const cJSON *command, cJSON *answer)
{
    const cJSON *messages = cJSON_GetObjectItem(command, "messages"), *hex = NULL;
    bool pipelined = cJSON_IsTrue(cJSON_GetObjectItem(command, "pipelined"));
    cJSON *answers = cJSON_AddArrayToObject(answer, "answers");
    LARGE_INTEGER begin, end, frequency;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&begin);
    uint32_t error = 0;
    int written = 0;
    for (int pass = 0; pass < 2 && !error; pass++) {
        cJSON_ArrayForEach(hex, messages)
        {
            cJSON *reply = NULL;
            if (pass == 0 && (error = write_one(hex)) == 0)
                written++;
            if (!error && pass == (pipelined ? 1 : 0))
                error = read_one(command, &reply);
            if (error)
                break;
            if (reply)
                cJSON_AddItemToArray(answers, reply);
        }
    }
    QueryPerformanceCounter(&end);
    cJSON_AddNumberToObject(answer, "written", written);
    cJSON_AddNumberToObject(answer, "microseconds",
                            (double)(end.QuadPart - begin.QuadPart) * 1e6 /
                                (double)frequency.QuadPart);
    return error;
}

/* {"data": the first request, "number_at": offset, "count": how many}. */
static uint32_t run_series(const cJSON *command, cJSON *answer)
{
    struct series series = {
        .number_at = (size_t)cJSON_GetNumberValue(cJSON_GetObjectItem(command, "number_at")),
        .count = (uint32_t)cJSON_GetNumberValue(cJSON_GetObjectItem(command, "count")),
    };
    struct series_result result = {.others = 0};
    CLEANUP_FREE uint8_t *request = bytes_of(cJSON_GetObjectItem(command, "data"), &series.size);
    series.request = request;
    if (series.size < sizeof(uint32_t) || series.number_at > series.size - sizeof(uint32_t))
        return ERROR_INVALID_PARAMETER;
    uint32_t error = channel_play(&series, &result);
    cJSON_AddItemToObject(answer, "answer", hex_of(result.answer, result.answer_size));
    cJSON_AddNumberToObject(answer, "others", result.others);
    cJSON_AddNumberToObject(answer, "microseconds", result.microseconds);
    cJSON_AddNumberToObject(answer, "median", result.median);
    return error;
}

static uint32_t run_describe(const cJSON *command, cJSON *answer)
{
    (void)command;
    cJSON_AddItemToObject(answer, "process", describe_process());
    return 0;
}

static uint32_t run_handles(const cJSON *command, cJSON *answer)
{
    cJSON_AddItemToObject(answer, "handles",
                          describe_handles(cJSON_GetObjectItem(command, "values")));
    return 0;
}

static uint32_t run_stdin(const cJSON *command, cJSON *answer)
{
    size_t size = (size_t)cJSON_GetNumberValue(cJSON_GetObjectItem(command, "size"));
    CLEANUP_FREE char *bytes = calloc(1, size + 1);
    bool ended = false;
    size_t have = input_wait(size, timeout_of(command), bytes, &ended);
    cJSON_AddItemToObject(answer, "data", hex_of((uint8_t *)bytes, have < size ? have : size));
    cJSON_AddNumberToObject(answer, "arrived", (double)have);
    cJSON_AddBoolToObject(answer, "ended", ended);
    return 0;
}

/* Starts this program again as a child that waits until it is killed, or ("flood") floods the
 * channel until that breaks. */
static uint32_t run_spawn(const cJSON *command, cJSON *answer)
{
    wchar_t path[MAX_PATH], line[2 * MAX_PATH];
    GetModuleFileNameW(NULL, path, MAX_PATH);
    swprintf(line, 2 * MAX_PATH, L"\"%ls\" --verb 0", path);
    STARTUPINFOW info = {.cb = sizeof(info)};
    PROCESS_INFORMATION started;
    BOOL flood = cJSON_IsTrue(cJSON_GetObjectItem(command, "flood"));
    BOOL inherit = flood || cJSON_IsTrue(cJSON_GetObjectItem(command, "inherit"));
    SetEnvironmentVariableW(FLOOD_VARIABLE, flood ? channel_lend() : NULL);
    if (!CreateProcessW(NULL, line, NULL, NULL, inherit, 0, NULL, NULL, &info, &started))
        return GetLastError();
    SetEnvironmentVariableW(FLOOD_VARIABLE, NULL);
    cJSON_AddNumberToObject(answer, "process", started.dwProcessId);
    CloseHandle(started.hThread);
    CloseHandle(started.hProcess);
    return 0;
}

static uint32_t run_close_channel(const cJSON *command, cJSON *answer)
{
    (void)command;
    (void)answer;
    channel_close();
    return 0;
}

/* Set by commands that end this process, once they are answered. */
static bool ends, dies;
static UINT exit_code;

static uint32_t run_exit(const cJSON *command, cJSON *answer)
{
    (void)answer;
    ends = true;
    exit_code = (UINT)cJSON_GetNumberValue(cJSON_GetObjectItem(command, "code"));
    return 0;
}

static uint32_t run_die(const cJSON *command, cJSON *answer)
{
    dies = true;
    return run_exit(command, answer);
}

static const struct {
    const char *name;
    command_run *run;
} commands[] = {
    {"send", run_send},         {"batch", run_batch}, {"series", run_series},
    {"write", run_write},       {"read", run_read},   {"stdin", run_stdin},
    {"describe", run_describe}, {"spawn", run_spawn}, {"handles", run_handles},
    {"exit", run_exit},         {"die", run_die},     {"close_channel", run_close_channel},
};

static cJSON *run_command(const char *text)
{
    cJSON *answer = cJSON_CreateObject();
    cJSON *command = cJSON_Parse(text);
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(command, "do"));
    uint32_t error = ERROR_INVALID_FUNCTION;
    for (size_t i = 0; name && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, name) == 0)
            error = commands[i].run(command, answer);
    }
    if (error)
        cJSON_AddNumberToObject(answer, "error", error);
    cJSON_Delete(command);
    return answer;
}

/* One message, zero-terminated, on the heap; NULL when the test has closed the pipe. */
static char *receive(HANDLE pipe)
{
    size_t capacity = 65536, length = 0;
    CLEANUP_FREE char *text = malloc(capacity);
    for (;;) {
        DWORD count = 0;
        bool whole = ReadFile(pipe, text + length, (DWORD)(capacity - length - 1), &count, NULL);
        if (!whole && GetLastError() != ERROR_MORE_DATA)
            return NULL;
        length += count;
        text[length] = 0;
        if (whole)
            return TAKE(text);
        capacity *= 2;
        text = realloc(text, capacity);
    }
}

int control_obey(const struct options *options)
{
    DWORD mode = PIPE_READMODE_MESSAGE, written;
    HANDLE pipe = CreateFileW(options->control, GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (pipe == INVALID_HANDLE_VALUE || !SetNamedPipeHandleState(pipe, &mode, NULL, NULL)) {
        log_line("%ls: error %lu", options->control, GetLastError());
        return 1;
    }
    while (!ends) {
        CLEANUP_FREE char *text = receive(pipe);
        if (!text)
            return 1;
        cJSON *answer = run_command(text);
        CLEANUP_FREE char *line = cJSON_PrintUnformatted(answer);
        WriteFile(pipe, line, (DWORD)strlen(line), &written, NULL);
        cJSON_Delete(answer);
    }
    if (dies)
        TerminateProcess(GetCurrentProcess(), exit_code);
    ExitProcess(exit_code);
}
