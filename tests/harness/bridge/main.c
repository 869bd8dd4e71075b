/* SPDX-License-Identifier: MIT */
#include "as_service.h"
#include "link.h"
#include "objects.h"
#include "spawn.h"

#include "base/lock.h"

#include <string.h>

static const struct operation *const tables[] = {
    object_operations,  pipe_operations,   process_operations,     registry_operations,
    service_operations, socket_operations, own_service_operations,
#ifdef HAVE_FAKE_CONTROL
    fake_operations,
#endif
};

static const struct operation *find_operation(const char *name)
{
    for (size_t i = 0; name && i < sizeof(tables) / sizeof(tables[0]); i++) {
        for (const struct operation *row = tables[i]; row->name; row++) {
            if (strcmp(row->name, name) == 0)
                return row;
        }
    }
    return NULL;
}

/* Serialised, so that lines of several threads never mix. */
static void write_line(const cJSON *line)
{
    static struct lock lock;
    CLEANUP_FREE char *text = cJSON_PrintUnformatted(line);
    if (!text)
        return;
    size_t length = strlen(text);
    text[length++] = '\n'; /* in place of the terminator */
    lock_acquire(&lock);
    link_write(text, length);
    lock_release(&lock);
}

static void serve(const cJSON *arguments)
{
    struct request request = {.arguments = arguments, .result = cJSON_CreateObject()};
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(arguments, "op"));
    const struct operation *operation = find_operation(name);
    uint32_t error = operation ? operation->run(&request)
                               : request_error(&request, "op", ERROR_INVALID_FUNCTION);
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddItemToObject(reply, "id", cJSON_Duplicate(cJSON_GetObjectItem(arguments, "id"), true));
    if (error) {
        cJSON_AddNumberToObject(reply, "error", error);
        cJSON_AddStringToObject(reply, "function", request.function ? request.function : "");
    }
    cJSON_AddItemToObject(reply, "result", request.result);
    write_line(reply);
    cJSON_Delete(reply);
}

/* Requests may wait long, and each in a thread. The threads are used again and none of them ends:
 * Wine clears a megabyte of stack for each new one, whatever its size, and a process that ends may
 * hang in Wine's own pool, whose threads come and go. */
static struct {
    SRWLOCK lock;
    CONDITION_VARIABLE more;
    cJSON *requests; /* an array, the oldest first */
    int idle;        /* threads that wait for one */
} queue = {.lock = SRWLOCK_INIT, .more = CONDITION_VARIABLE_INIT};

static cJSON *next_request(void)
{
    AcquireSRWLockExclusive(&queue.lock);
    queue.idle++;
    while (!cJSON_GetArraySize(queue.requests))
        SleepConditionVariableSRW(&queue.more, &queue.lock, INFINITE, 0);
    cJSON *request = cJSON_DetachItemFromArray(queue.requests, 0);
    queue.idle--;
    ReleaseSRWLockExclusive(&queue.lock);
    return request;
}

static DWORD WINAPI serve_requests(void *parameter)
{
    cJSON *arguments;
    (void)parameter;
    while ((arguments = next_request()) != NULL) {
        serve(arguments);
        cJSON_Delete(arguments);
    }
    return 0;
}

static void begin_thread(void)
{
    HANDLE thread = CreateThread(NULL, 0, serve_requests, NULL, 0, NULL);
    if (!thread)
        ExitProcess(GetLastError());
    CloseHandle(thread);
}

static void take_line(const char *line)
{
    cJSON *arguments = cJSON_Parse(line);
    if (!arguments)
        return;
    AcquireSRWLockExclusive(&queue.lock);
    cJSON_AddItemToArray(queue.requests, arguments);
    bool lacks_thread = cJSON_GetArraySize(queue.requests) > queue.idle;
    ReleaseSRWLockExclusive(&queue.lock);
    if (lacks_thread)
        begin_thread();
    WakeConditionVariable(&queue.more);
}

/* Reads lines until the driver goes. */
static void take_lines(void)
{
    size_t capacity = 65536, length = 0;
    CLEANUP_FREE char *buffer = allocate(capacity);
    size_t count;
    while (link_read(buffer + length, capacity - length - 1, &count)) {
        length += count;
        buffer[length] = 0;
        char *line = buffer;
        for (char *end; (end = strchr(line, '\n')); line = end + 1) {
            *end = 0;
            take_line(line);
        }
        length -= (size_t)(line - buffer);
        memmove(buffer, line, length);
        if (length + 1 == capacity) {
            char *larger = allocate(2 * capacity);
            memcpy(larger, buffer, length);
            free(buffer);
            buffer = larger;
            capacity *= 2;
        }
    }
}

/* Runs this program again with an ordinary user's token and the same stdin and stdout. */
static uint32_t run_restricted(void)
{
    struct request request = {0};
    CLEANUP_HANDLE HANDLE token = NULL;
    uint32_t error = restricted_token(&request, &token);
    if (error)
        return error;
    wchar_t command[MAX_PATH + 2] = L"\"";
    DWORD length = GetModuleFileNameW(NULL, command + 1, MAX_PATH);
    command[length + 1] = L'"';
    struct spawn restricted = {.command = command,
                               .token = token,
                               .input = GetStdHandle(STD_INPUT_HANDLE),
                               .output = GetStdHandle(STD_OUTPUT_HANDLE)};
    SetHandleInformation(restricted.input, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    SetHandleInformation(restricted.output, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    PROCESS_INFORMATION started;
    error = spawn(&request, &restricted, &started);
    if (error)
        return error;
    WaitForSingleObject(started.hProcess, INFINITE);
    DWORD code = ERROR_PROCESS_ABORTED;
    GetExitCodeProcess(started.hProcess, &code);
    return code;
}

int wmain(int count, wchar_t **arguments);

int wmain(int count, wchar_t **arguments)
{
    if (count == 2 && wcscmp(arguments[1], L"--restricted") == 0)
        return (int)run_restricted();
    queue.requests = cJSON_CreateArray();
    if (count == 4 && wcscmp(arguments[1], L"--service") == 0)
        return (int)as_service_run(arguments[2], (uint16_t)wcstoul(arguments[3], NULL, 10),
                                   take_lines);
    take_lines();
    objects_close_all();
    /* Not return: other threads may still wait, and their results are no longer wanted. */
    ExitProcess(0);
}
