/* SPDX-License-Identifier: MIT */
/* Any bytes as a stored list are read within their bounds, and the result can be written again. */
#include "dns/multi_string.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t count = size / sizeof(char16_t);
    CLEANUP_FREE char16_t *units = malloc(count * sizeof(*units) + 1);
    CLEANUP_FREE char16_t *copy = malloc((count + 2) * sizeof(*copy));
    FUZZ_REQUIRE(units && copy);
    if (count)
        memcpy(units, data, count * sizeof(*units));
    struct multi_string list = multi_string_on(copy, count + 2);

    size_t at = 0, length;
    const char16_t *text;
    while ((text = multi_string_next(units, count, &at, &length)) != NULL)
        FUZZ_REQUIRE(length > 0 && multi_string_append(&list, text, length));
    FUZZ_REQUIRE(at <= count && list.length <= count + 1);
    FUZZ_REQUIRE(multi_string_count(&list) <= count + 2);
    FUZZ_REQUIRE(memcmp(units, copy, at * sizeof(*copy)) == 0);
    return 0;
}
