/* SPDX-License-Identifier: MIT */
#include "openvpn.h"

#include "base/lock.h"

#include <stdlib.h>
#include <string.h>

static struct lock lock;
static HANDLE changed; /* set by each arrival */
static char buffer[1024 * 1024];
static size_t length;
static bool at_end;

static DWORD WINAPI collect(void *parameter)
{
    (void)parameter;
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    char bytes[4096];
    DWORD count;
    while (ReadFile(input, bytes, sizeof(bytes), &count, NULL) && count) {
        lock_acquire(&lock);
        size_t fits = count < sizeof(buffer) - length ? count : sizeof(buffer) - length;
        memcpy(buffer + length, bytes, fits);
        length += fits;
        lock_release(&lock);
        SetEvent(changed);
    }
    lock_acquire(&lock);
    at_end = true;
    lock_release(&lock);
    SetEvent(changed);
    return 0;
}

void input_start(void)
{
    if (changed)
        return;
    changed = CreateEventW(NULL, FALSE, FALSE, NULL);
    CloseHandle(CreateThread(NULL, 0, collect, NULL, 0, NULL));
}

size_t input_wait(size_t size, DWORD timeout, char *bytes, bool *ended)
{
    for (;;) {
        lock_acquire(&lock);
        size_t have = length;
        *ended = at_end;
        if (bytes)
            memcpy(bytes, buffer, have < size ? have : size);
        lock_release(&lock);
        if (have >= size || *ended || !changed || WaitForSingleObject(changed, timeout))
            return have;
    }
}

char *input_all(void)
{
    bool ended = false;
    input_start();
    while (!ended)
        input_wait(sizeof(buffer), INFINITE, NULL, &ended);
    char *text = calloc(1, length + 1);
    memcpy(text, buffer, length);
    return text;
}

void input_line(char *line, size_t capacity)
{
    bool ended = false;
    for (size_t size = 1; size < capacity; size++) {
        size_t have = input_wait(size, INFINITE, line, &ended);
        char *end = memchr(line, '\n', have < size ? have : size);
        if (end || have < size) {
            line[end ? (size_t)(end - line) : have] = 0;
            return;
        }
    }
    line[capacity - 1] = 0;
}
