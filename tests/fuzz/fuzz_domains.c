/* SPDX-License-Identifier: MIT */
/* Any content of a message's domain fields gives only names of that message. */
#include "dns/domains.h"
#include "tests/fuzz/fuzz.h"

static bool is_in(const void *bytes, size_t size, const char *part, size_t length)
{
    for (size_t at = 0; at + length <= size; at++)
        if (memcmp((const char *)bytes + at, part, length) == 0)
            return true;
    return false;
}

/* A name may have gained a dot in front and lost one at its end, but nothing else. */
static void check_name(const char16_t *name, size_t length, const uint8_t *data, size_t size)
{
    char utf8[DOMAINS_FIELD_SIZE * 3];
    FUZZ_REQUIRE(length > 0 && domain_is_valid(name, length));
    if (name[0] == '.') {
        name++;
        length--;
    }
    size_t bytes = text_to_utf8(name, length, utf8, sizeof(utf8));
    FUZZ_REQUIRE(bytes <= sizeof(utf8) && is_in(data, size, utf8, bytes));
}

static void check_left_out(const struct domains_left_out *left_out)
{
    FUZZ_REQUIRE(left_out->roots <= left_out->count);
    FUZZ_REQUIRE(text_length(left_out->names) < DOMAINS_LEFT_OUT_CAPACITY);
    FUZZ_REQUIRE((left_out->count > 0) == (left_out->names[0] != 0));
}

static void check_resolve(const uint8_t *data, size_t size)
{
    char16_t units[DOMAINS_CAPACITY];
    struct multi_string names = MULTI_STRING_ON(units);
    struct domains_left_out left_out = {0};
    size_t at = 0, length;
    const char16_t *name;
    memset(units + 2, 0x41, sizeof(units) - 2 * sizeof(*units));
    uint32_t error = domains_resolve((const char *)data, size, &names, &left_out);
    check_left_out(&left_out);
    FUZZ_REQUIRE(!left_out.roots);
    if (error)
        return;
    FUZZ_REQUIRE(names.length > 0);
    if (text_equal(units, u".")) {
        FUZZ_REQUIRE(!left_out.count || is_in(data, size, ".", 1));
        return;
    }
    while ((name = multi_string_next(units, multi_string_count(&names), &at, &length)) != NULL) {
        FUZZ_REQUIRE(name[0] == '.' && name[length - 1] != '.');
        check_name(name, length, data, size);
    }
}

static void check_texts(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    CLEANUP_FREE char *string = input_string(&input);
    char16_t list[DOMAINS_CAPACITY];
    struct domains_left_out left_out = {0};

    if (domains_search(string, list, &left_out) == 0)
        for (const char16_t *rest = list; *rest;) {
            const char16_t *comma = text_find(rest, ',');
            size_t length = comma ? (size_t)(comma - rest) : text_length(rest);
            check_name(rest, length, data, size);
            FUZZ_REQUIRE(rest[0] != '.');
            rest += length + (comma != NULL);
        }
    check_left_out(&left_out);
    if (domains_suffix(string, list, &left_out) == 0 && list[0])
        check_name(list, text_length(list), data, size);
    check_left_out(&left_out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_resolve(data, size);
    check_texts(data, size);
    return 0;
}
