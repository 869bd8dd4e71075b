/* SPDX-License-Identifier: MIT */
#include "bridge.h"

#include <stdio.h>
#include <string.h>

void *allocate(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        ExitProcess(ERROR_OUTOFMEMORY);
    return memory;
}

char *text_narrow(const wchar_t *text)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *narrow = allocate((size_t)size);
    WideCharToMultiByte(CP_UTF8, 0, text, -1, narrow, size, NULL, NULL);
    return narrow;
}

wchar_t *text_widen(const char *text)
{
    int units = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    wchar_t *wide = allocate((size_t)units * sizeof(*wide));
    MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, units);
    return wide;
}

uint32_t request_error(struct request *request, const char *function, uint32_t error)
{
    request->function = function;
    return error;
}

uint32_t request_last_error(struct request *request, const char *function)
{
    return request_error(request, function, GetLastError());
}

wchar_t *request_text(const struct request *request, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(request->arguments, name));
    return text ? text_widen(text) : NULL;
}

wchar_t *request_needed_text(struct request *request, const char *name)
{
    wchar_t *text = request_text(request, name);
    if (!text)
        request->function = name;
    return text;
}

uint32_t request_number(const struct request *request, const char *name, uint32_t otherwise)
{
    const cJSON *item = cJSON_GetObjectItem(request->arguments, name);
    return cJSON_IsNumber(item) ? (uint32_t)(int64_t)item->valuedouble : otherwise;
}

bool request_flag(const struct request *request, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItem(request->arguments, name));
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

uint8_t *request_bytes(const struct request *request, const char *name, size_t *size)
{
    *size = 0;
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(request->arguments, name));
    if (!text || strlen(text) % 2)
        return NULL;
    size_t count = strlen(text) / 2;
    CLEANUP_FREE uint8_t *bytes = allocate(count);
    for (size_t i = 0; i < count; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return NULL;
        bytes[i] = (uint8_t)(high * 16 + low);
    }
    *size = count;
    return TAKE(bytes);
}

void result_number(struct request *request, const char *name, double number)
{
    cJSON_AddNumberToObject(request->result, name, number);
}

void result_text(struct request *request, const char *name, const wchar_t *text)
{
    CLEANUP_FREE char *narrow = text_narrow(text);
    cJSON_AddStringToObject(request->result, name, narrow);
}

void result_bytes(struct request *request, const char *name, const void *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    CLEANUP_FREE char *text = allocate(2 * size + 1);
    const uint8_t *from = bytes;
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[from[i] >> 4];
        text[2 * i + 1] = digits[from[i] & 15];
    }
    cJSON_AddStringToObject(request->result, name, text);
}
