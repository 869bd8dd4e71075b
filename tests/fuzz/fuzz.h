/* SPDX-License-Identifier: MIT */
/* fuzz.h: reads values from the front of a fuzzed input. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "base/cleanup.h"
#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Must be true for every input. */
#define FUZZ_REQUIRE(condition)                                                                    \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

struct input {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t input_byte(struct input *input)
{
    if (!input->left)
        return 0;
    input->left--;
    return *input->at++;
}

/* All bytes up to a zero byte or the end, as a terminated copy of its exact size; free() it. */
static inline char *input_string(struct input *input)
{
    size_t length = input->left ? strnlen((const char *)input->at, input->left) : 0;
    char *string = malloc(length + 1);
    FUZZ_REQUIRE(string);
    if (length)
        memcpy(string, input->at, length);
    string[length] = 0;
    size_t taken = length < input->left ? length + 1 : length;
    input->at += taken;
    input->left -= taken;
    return string;
}

/* The same as UTF-16, whatever the bytes are, so that lone surrogates occur, too. */
static inline char16_t *input_text(struct input *input)
{
    CLEANUP_FREE char *string = input_string(input);
    size_t length = strlen(string);
    char16_t *text = calloc(length + 1, sizeof(*text));
    FUZZ_REQUIRE(text);
    /* bytes below 0x80 are characters; others give units of every kind */
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = (uint8_t)string[i];
        text[i] = byte < 0x80 ? byte : (char16_t)(byte << 8 | (byte ^ 0x5A));
    }
    return text;
}

#endif
