/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <windows.h>

/* Space reserved for the end of every line: closing brackets and the result. */
enum { TAIL = 64, HEAD = 160 };

static struct machine *recorded_machine;
static HANDLE record_file = INVALID_HANDLE_VALUE;
static LONGLONG ticks_per_second = 1;

void record_open(struct machine *machine)
{
    wchar_t path[300];
    LARGE_INTEGER frequency;
    recorded_machine = machine;
    wcscpy(path, machine->folder);
    wcscat(path, L"\\record.jsonl");
    record_file = CreateFileW(path, FILE_APPEND_DATA | SYNCHRONIZE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (QueryPerformanceFrequency(&frequency))
        ticks_per_second = frequency.QuadPart;
}

static bool has_room(const struct record *record, size_t bytes)
{
    return !record->off && record->length + bytes + TAIL < RECORD_TEXT;
}

static void put(struct record *record, const char *text)
{
    size_t length = strlen(text);
    memcpy(record->text + record->length, text, length);
    record->length += length;
}

static const char *decimal(uint64_t number, char buffer[24])
{
    char *end = buffer + 23;
    *end = '\0';
    do
        *--end = (char)('0' + number % 10);
    while (number /= 10);
    return end;
}

static const char *hexadecimal(uint64_t number, char buffer[24])
{
    char *end = buffer + 23;
    *end = '\0';
    do
        *--end = "0123456789abcdef"[number & 15];
    while (number >>= 4);
    return end;
}

/* A character inside a JSON string. */
static void put_character(struct record *record, unsigned code)
{
    char *out = record->text + record->length;
    size_t length = 0;
    if (code == '"' || code == '\\') {
        out[length++] = '\\';
        out[length++] = (char)code;
    } else if (code < 0x20) {
        memcpy(out, "\\u00", 4);
        out[4] = (char)('0' + (code >> 4));
        out[5] = "0123456789abcdef"[code & 15];
        length = 6;
    } else if (code < 0x80) {
        out[length++] = (char)code;
    } else if (code < 0x800) {
        out[length++] = (char)(0xC0 | code >> 6);
        out[length++] = (char)(0x80 | (code & 63));
    } else if (code < 0x10000) {
        out[length++] = (char)(0xE0 | code >> 12);
        out[length++] = (char)(0x80 | (code >> 6 & 63));
        out[length++] = (char)(0x80 | (code & 63));
    } else {
        out[length++] = (char)(0xF0 | code >> 18);
        out[length++] = (char)(0x80 | (code >> 12 & 63));
        out[length++] = (char)(0x80 | (code >> 6 & 63));
        out[length++] = (char)(0x80 | (code & 63));
    }
    record->length += length;
}

static void put_wide(struct record *record, const wchar_t *text)
{
    put(record, "\"");
    for (; *text && has_room(record, 8); text++) {
        unsigned code = *text;
        if (IS_SURROGATE_PAIR(text[0], text[1])) {
            code = 0x10000 + ((code - 0xD800) << 10) + (text[1] - 0xDC00u);
            text++;
        } else if (code >= 0xD800 && code < 0xE000) {
            code = 0xFFFD;
        }
        put_character(record, code);
    }
    put(record, "\"");
}

/* Writes ,"name": when there is room for the name and `bytes` more. */
static bool put_name(struct record *record, const char *name, size_t bytes)
{
    if (!has_room(record, strlen(name) + bytes + 8))
        return false;
    put(record, ",\"");
    put(record, name);
    put(record, "\":");
    return true;
}

void record_begin(struct record *record, enum call call)
{
    record->call = call;
    record->length = 0;
    record->off = record_file == INVALID_HANDLE_VALUE ||
                  !(recorded_machine->image->settings.recorded_groups >> call_group(call) & 1);
    if (record->off)
        return;
    put(record, ",\"call\":\"");
    put(record, call_name(call));
    put(record, "\"");
}

void record_number(struct record *record, const char *name, uint64_t number)
{
    char buffer[24];
    if (put_name(record, name, 24))
        put(record, decimal(number, buffer));
}

void record_hex(struct record *record, const char *name, uint64_t number)
{
    char buffer[24];
    if (!put_name(record, name, 24))
        return;
    put(record, "\"0x");
    put(record, hexadecimal(number, buffer));
    put(record, "\"");
}

void record_flag(struct record *record, const char *name, bool flag)
{
    if (put_name(record, name, 8))
        put(record, flag ? "true" : "false");
}

void record_utf8(struct record *record, const char *name, const char *text)
{
    if (!put_name(record, name, strlen(text) + 8))
        return;
    put(record, "\"");
    put(record, text);
    put(record, "\"");
}

void record_wide(struct record *record, const char *name, const wchar_t *text)
{
    if (!put_name(record, name, 16))
        return;
    if (text)
        put_wide(record, text);
    else
        put(record, "null");
}

void record_ip(struct record *record, const char *name, const struct machine_ip *ip,
               int prefix_length)
{
    char text[MACHINE_IP_TEXT + 8], buffer[24];
    if (record->off)
        return;
    machine_ip_print(ip, text);
    if (prefix_length >= 0) {
        strcat(text, "/");
        strcat(text, decimal((uint64_t)prefix_length, buffer));
    }
    record_utf8(record, name, text);
}

void record_interface(struct record *record, const struct interface_row *adapter)
{
    record_number(record, "interface", adapter ? adapter->index : 0);
    record_wide(record, "alias", adapter ? adapter->alias : NULL);
}

void record_list(struct record *record, const char *name)
{
    if (put_name(record, name, 8))
        put(record, "[");
    else
        record->off = true; /* no room for the list: a shortened one would be wrong */
}

static bool put_comma(struct record *record)
{
    if (!has_room(record, 32))
        return false;
    if (record->text[record->length - 1] != '[')
        put(record, ",");
    return true;
}

void record_list_number(struct record *record, uint64_t number)
{
    char buffer[24];
    if (put_comma(record))
        put(record, decimal(number, buffer));
}

void record_list_wide(struct record *record, const wchar_t *text)
{
    if (put_comma(record))
        put_wide(record, text);
}

void record_list_end(struct record *record)
{
    if (!record->off)
        put(record, "]");
}

/* Writes {"n":..,"t":..,"pid":..,"tid":.. in front of the collected arguments. */
static size_t put_head(char *out, uint64_t number)
{
    static const char *const names[] = {"{\"n\":", ",\"t\":", ",\"pid\":", ",\"tid\":"};
    LARGE_INTEGER ticks;
    QueryPerformanceCounter(&ticks);
    uint64_t seconds = (uint64_t)(ticks.QuadPart / ticks_per_second);
    uint64_t rest = (uint64_t)(ticks.QuadPart % ticks_per_second);
    const uint64_t values[] = {number,
                               seconds * 1000000 + rest * 1000000 / (uint64_t)ticks_per_second,
                               GetCurrentProcessId(), GetCurrentThreadId()};
    size_t length = 0;
    for (size_t i = 0; i < ARRAYSIZE(names); i++) {
        char buffer[24];
        const char *text = decimal(values[i], buffer);
        strcpy(out + length, names[i]);
        length += strlen(names[i]);
        strcpy(out + length, text);
        length += strlen(text);
    }
    return length;
}

void record_end(struct record *record, uint32_t result)
{
    char line[HEAD + RECORD_TEXT], buffer[24];
    DWORD written, last_error = GetLastError();
    if (record->off)
        return;
    put(record, ",\"result\":");
    put(record, decimal(result, buffer));
    put(record, "}\n");

    /* An append is not atomic everywhere: the lock makes it so, and orders the numbers. */
    struct machine_image *image = recorded_machine->image;
    machine_lock_word(&image->record_lock);
    size_t head = put_head(line, (uint64_t)++image->record_number);
    memcpy(line + head, record->text, record->length);
    WriteFile(record_file, line, (DWORD)(head + record->length), &written, NULL);
    machine_unlock_word(&image->record_lock);
    SetLastError(last_error);
}
