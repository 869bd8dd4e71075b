/* SPDX-License-Identifier: MIT */
/* Profiles: whatever the bytes are, what is written anew says the same when it is read again, and
 * has no directive that is not allowed. */
#include "policy/profile/profile.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void note_finding(void *context, const struct profile_finding *finding)
{
    size_t *line = context;
    FUZZ_REQUIRE(finding->line >= 1 && finding->reason && finding->advice);
    FUZZ_REQUIRE(memchr(finding->name, 0, sizeof(finding->name)));
    *line = finding->line;
}

/* Reads what was written as a mere list of lines: blocks are skipped up to their end, which stands
 * alone on its line, and every other line begins with an allowed name. */
static void check_written(const struct profile_text *text)
{
    struct profile_reader lines = {.text = {text->bytes, text->size}};
    struct profile_span line;
    char end[PROFILE_LINE_BYTES + 3] = "";
    while (profile_reader_line(&lines, &line)) {
        char name[PROFILE_LINE_BYTES + 1] = "";
        FUZZ_REQUIRE(line.size <= PROFILE_LINE_BYTES);
        memcpy(name, line.text, line.size);
        if (*end) {
            if (strcmp(name, end) == 0)
                *end = '\0';
            continue;
        }
        if (!*name || strcmp(name, "<connection>") == 0 || strcmp(name, "</connection>") == 0)
            continue;
        if (*name == '<') {
            strcpy(end, "</");
            strcat(end, name + 1);
            name[line.size - 1] = '\0';
        } else {
            name[strcspn(name, " ")] = '\0';
        }
        const struct directive *row = directive_find(name + (*name == '<'));
        FUZZ_REQUIRE(row && row->rule == DIRECTIVE_ALLOWED);
    }
    FUZZ_REQUIRE(!*end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct profile_text text, again;
    size_t line = 0, none = 0;
    if (profile_check((const char *)data, size, note_finding, &line, &text)) {
        FUZZ_REQUIRE(line && !text.bytes);
        return 0;
    }
    FUZZ_REQUIRE(text.size < text.capacity);
    check_written(&text);
    FUZZ_REQUIRE(profile_check(text.bytes, text.size, note_finding, &none, &again) == 0);
    FUZZ_REQUIRE(!none && again.size == text.size);
    FUZZ_REQUIRE(!text.size || memcmp(again.bytes, text.bytes, text.size) == 0);
    profile_text_free(&again);
    profile_text_free(&text);
    return 0;
}
