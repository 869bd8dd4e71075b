/* SPDX-License-Identifier: MIT */
/* What a web server of updates says of itself and of its files: what was read has nothing in it
 * that would make another request of the one that is sent. */
#include "client/cli/update/address.h"
#include "client/cli/update/range.h"
#include "tests/fuzz/fuzz.h"

static void check_plain(const char16_t *text)
{
    for (; *text; text++)
        FUZZ_REQUIRE(*text > u' ' && *text <= u'~' && !text_find(u"?#@\\\"", *text));
}

static void check_address(const char16_t *text, const char16_t *name)
{
    struct address address;
    char16_t path[ADDRESS_PATH_UNITS];
    if (address_read(text, &address))
        return;
    check_plain(address.host);
    check_plain(address.path);
    FUZZ_REQUIRE(*address.host && address.port);
    FUZZ_REQUIRE(address.path[0] == u'/' && address.path[text_length(address.path) - 1] == u'/');
    FUZZ_REQUIRE(address.is_secure ||
                 text_equal_caseless(address.host, text_length(address.host), u"localhost", 9) ||
                 text_equal(address.host, u"127.0.0.1") || text_equal(address.host, u"[::1]"));
    if (!address_of_file(&address, name, path))
        return;
    FUZZ_REQUIRE(text_starts_with(path, address.path));
    check_plain(path);
    FUZZ_REQUIRE(!text_find(path + text_length(address.path), u'/'));
}

static void check_range(const char16_t *text)
{
    struct range range;
    if (!range_read(text, &range))
        return;
    FUZZ_REQUIRE(range.first <= range.last && range.last < range.size);
}

static void check_etag(const char16_t *text)
{
    if (!etag_is_strong(text))
        return;
    FUZZ_REQUIRE(text_length(text) < ETAG_UNITS && !text_find(text, u'\n') &&
                 !text_find(text, u'\r'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    CLEANUP_FREE char16_t *text = input_text(&input);
    CLEANUP_FREE char16_t *name = input_text(&input);
    check_address(text, name);
    check_range(text);
    check_etag(text);
    return 0;
}
