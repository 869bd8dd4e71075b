/* SPDX-License-Identifier: MIT */
#include "base/win32/system_text.h"

#include <windows.h>

const char16_t *system_text(uint32_t error, char16_t text[SYSTEM_TEXT_UNITS])
{
    DWORD length =
        FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error,
                       MAKELANGID(LANG_NEUTRAL, SUBLANG_NEUTRAL), text, SYSTEM_TEXT_UNITS, NULL);
    return length ? text : NULL;
}

void system_text_append(struct text *text, uint32_t error)
{
    char16_t buffer[SYSTEM_TEXT_UNITS];
    const char16_t *words = system_text(error, buffer);
    size_t length = words ? text_length(words) : 0;
    while (length &&
           (words[length - 1] == '\r' || words[length - 1] == '\n' || words[length - 1] == ' '))
        length--;
    if (length)
        text_append_units(text, words, length);
    else
        text_append(text, u"Unknown error");
    text_append_format(text, " (0x%lx)", (unsigned long)error);
}
