/* SPDX-License-Identifier: MIT */
/* golden.h: expected texts in tests/golden, one file each, to be read by people.
 *
 * After a wanted change run the test with GATEHOUSE_UPDATE_GOLDEN=1, then read the difference. */
#ifndef TESTS_UNIT_GOLDEN_H
#define TESTS_UNIT_GOLDEN_H

#include "dns/multi_string.h"
#include "dns/nrpt.h"
#include "tests/unit/cmocka_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GOLDEN_CAPACITY = 16384 };

/* Text that is appended to. */
struct golden {
    char text[GOLDEN_CAPACITY];
    size_t length;
};

static inline void golden_add(struct golden *golden, const char *more)
{
    size_t length = strlen(more);
    assert_true(golden->length + length < GOLDEN_CAPACITY);
    memcpy(golden->text + golden->length, more, length + 1);
    golden->length += length;
}

/* In quotes; characters that are not printable ASCII as UTF-8. */
static inline void golden_add_quoted(struct golden *golden, const char16_t *units, size_t length)
{
    char utf8[4096];
    size_t size = text_to_utf8(units, length, utf8, sizeof(utf8) - 1);
    assert_true(size < sizeof(utf8));
    utf8[size] = 0;
    golden_add(golden, " \"");
    golden_add(golden, utf8);
    golden_add(golden, "\"");
}

/* After the last string the list must have its terminating zeros and nothing else. */
static inline void golden_add_list(struct golden *golden, const char16_t *units, size_t count)
{
    size_t at = 0, length;
    const char16_t *text;
    while ((text = multi_string_next(units, count, &at, &length)) != NULL)
        golden_add_quoted(golden, text, length);
    assert_int_equal(at + 1, count);
}

/* One line for each value: name, type, data. */
static inline void golden_add_rule(struct golden *golden, const struct nrpt_rule *rule)
{
    struct nrpt_value values[NRPT_VALUE_MAX];
    size_t count = nrpt_values(rule, values);
    char line[128];
    line[text_to_utf8(rule->key, text_length(rule->key), line, sizeof(line) - 1)] = 0;
    golden_add(golden, "[");
    golden_add(golden, line);
    golden_add(golden, "]\n");
    for (size_t i = 0; i < count; i++) {
        const struct nrpt_value *value = &values[i];
        size_t units = value->size / sizeof(char16_t);
        line[text_to_utf8(value->name, text_length(value->name), line, sizeof(line) - 1)] = 0;
        golden_add(golden, line);
        if (value->type == 7) {
            golden_add(golden, " = REG_MULTI_SZ");
            golden_add_list(golden, value->data, units);
        } else if (value->type == 1) {
            const char16_t *text = value->data;
            golden_add(golden, " = REG_SZ");
            golden_add_quoted(golden, text, units - 1);
            assert_int_equal(text[units - 1], 0);
        } else {
            uint32_t number;
            assert_int_equal(value->type, 4);
            assert_int_equal(value->size, sizeof(number));
            memcpy(&number, value->data, sizeof(number));
            snprintf(line, sizeof(line), " = REG_DWORD 0x%08x", (unsigned)number);
            golden_add(golden, line);
        }
        golden_add(golden, "\n");
    }
}

/* Fails unless tests/golden/NAME.txt has this text. */
static inline void golden_check(const struct golden *golden, const char *name)
{
    char path[128];
    static char expected[GOLDEN_CAPACITY];
    snprintf(path, sizeof(path), "tests/golden/%s.txt", name);
    if (getenv("GATEHOUSE_UPDATE_GOLDEN")) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(golden->text, 1, golden->length, file), golden->length);
        fclose(file);
    }
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s is missing", path);
    size_t size = fread(expected, 1, sizeof(expected) - 1, file);
    fclose(file);
    /* a checkout on Windows may have converted the line ends */
    size_t kept = 0;
    for (size_t i = 0; i < size; i++)
        if (expected[i] != '\r')
            expected[kept++] = expected[i];
    expected[kept] = 0;
    if (strcmp(expected, golden->text) != 0)
        fail_msg("%s differs; now it is:\n%s", path, golden->text);
}

#endif
