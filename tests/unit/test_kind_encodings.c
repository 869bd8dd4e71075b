/* SPDX-License-Identifier: MIT */
/* The bytes of keys and states never change: journals of earlier versions must still be read. A
 * line of tests/golden/kind-encodings.txt is a kind, a key, and a state ("absent" for none). */
#include "tests/unit/golden.h"
#include "tests/unit/kind_samples.h"

enum { LINE_SIZE = 4096, SESSION_SIZE = 8 };

struct line {
    char text[LINE_SIZE];
};

static void append_hex(struct line *line, struct bytes bytes)
{
    const unsigned char *at = bytes.at;
    size_t length = strlen(line->text);
    assert_true(length + 2 * bytes.size + 2 < LINE_SIZE);
    line->text[length++] = ' ';
    for (size_t i = 0; i < bytes.size; i++)
        snprintf(line->text + length + 2 * i, 3, "%02x", at[i]);
}

/* A share's key begins with the number of its session, which is another one in each process. */
static void write_line(const struct sample *sample, struct line *line)
{
    static const unsigned char session[SESSION_SIZE] = {0};
    const struct bytes key = bytes_copy(sample->key);
    snprintf(line->text, LINE_SIZE, "%02u %s:", (unsigned)sample->kind->number, sample->kind->name);
    if (sample->kind == &search_domains_kind)
        memcpy((void *)(uintptr_t)key.at, session, SESSION_SIZE);
    append_hex(line, key);
    if (sample->state.size)
        append_hex(line, sample->state);
    else
        strcat(line->text, " absent");
    bytes_free(key);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(((const struct line *)a)->text, ((const struct line *)b)->text);
}

static void test_encodings_are_as_in_the_golden_file(void **state)
{
    static struct line lines[MOST_SAMPLES];
    static struct golden golden;
    (void)state;
    golden.length = 0;
    for (size_t i = 0; i < sample_count; i++)
        write_line(&samples[i], &lines[i]);
    qsort(lines, sample_count, sizeof(lines[0]), compare_lines);
    for (size_t i = 0; i < sample_count; i++) {
        if (i > 0 && strcmp(lines[i].text, lines[i - 1].text) == 0)
            continue;
        golden_add(&golden, lines[i].text);
        golden_add(&golden, "\n");
    }
    golden_check(&golden, "kind-encodings");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_encodings_are_as_in_the_golden_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
