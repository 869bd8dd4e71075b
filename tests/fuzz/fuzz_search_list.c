/* SPDX-License-Identifier: MIT */
/* Two sessions over any list: in whatever order they end, the list must be as before. */
#include "dns/search_list.h"
#include "tests/fuzz/fuzz.h"

/* All domains of a session come after the original list. */
static void check_pick(const char16_t *list, const char16_t *tokens, const char16_t *before)
{
    size_t length = text_length(tokens);
    CLEANUP_FREE uint16_t *counts = calloc(length + 1, sizeof(*counts));
    CLEANUP_FREE char16_t *units = calloc(length + 1, sizeof(*units));
    FUZZ_REQUIRE(counts && units);
    if (!length)
        return;
    struct text picked = text_on(units, length + 1);
    size_t count = search_list_count(before, tokens, counts, length + 1);
    FUZZ_REQUIRE(search_list_pick(list, tokens, counts, &picked) == count);
    FUZZ_REQUIRE(text_equal(units, tokens));
}

static void check_round_trip(const char16_t *base, const char16_t *first, const char16_t *second,
                             bool first_ends_first)
{
    char16_t list[SEARCH_LIST_CAPACITY];
    struct text text = TEXT_ON(list);
    text_append(&text, base);
    CLEANUP_FREE char16_t *before = text_copy(list);
    FUZZ_REQUIRE(before);

    if (search_list_add(list, first))
        first = u"";
    if (search_list_add(list, second))
        second = u"";
    check_pick(list, first, before);
    check_pick(list, second, before);
    FUZZ_REQUIRE(search_list_remove(list, first_ends_first ? first : second) == 0);
    FUZZ_REQUIRE(search_list_remove(list, first_ends_first ? second : first) == 0);
    FUZZ_REQUIRE(text_equal(list, before));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    bool first_ends_first = input_byte(&input) & 1;
    CLEANUP_FREE char16_t *base = input_text(&input);
    CLEANUP_FREE char16_t *first = input_text(&input);
    CLEANUP_FREE char16_t *second = input_text(&input);

    check_round_trip(base, first, second, first_ends_first);

    /* what was never added; a list only gets shorter */
    size_t length = text_length(base);
    search_list_is_usable(base);
    search_list_remove(base, first);
    FUZZ_REQUIRE(text_length(base) <= length);
    return 0;
}
