/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "client/cli/update/address.h"
#include "tests/unit/cmocka_test.h"

static struct address address;

static void test_an_address_is_taken_apart(void **state)
{
    static const struct {
        const char16_t *text, *host, *path;
        uint16_t port;
        bool is_secure;
    } rows[] = {
        {u"https://updates.example.com", u"updates.example.com", u"/", 443, true},
        {u"https://updates.example.com/", u"updates.example.com", u"/", 443, true},
        {u"HTTPS://Example.com:8443/a/b", u"Example.com", u"/a/b/", 8443, true},
        {u"https://[2001:db8::7]:1/x%20y/", u"[2001:db8::7]", u"/x%20y/", 1, true},
        {u"https://203.0.113.7/~me", u"203.0.113.7", u"/~me/", 443, true},
        {u"http://localhost/a", u"localhost", u"/a/", 80, false},
        {u"http://127.0.0.1:65535", u"127.0.0.1", u"/", 65535, false},
        {u"http://[::1]:8080/", u"[::1]", u"/", 8080, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        print_message("row %u\n", (unsigned)i);
        assert_null(address_read(rows[i].text, &address));
        assert_true(text_equal(address.host, rows[i].host));
        assert_true(text_equal(address.path, rows[i].path));
        assert_int_equal(address.port, rows[i].port);
        assert_int_equal(address.is_secure, rows[i].is_secure);
    }
}

static void test_what_is_no_address_is_refused_with_the_reason(void **state)
{
    static const struct {
        const char16_t *text, *reason;
    } rows[] = {
        {u"", u"does not begin with https://"},
        {u"updates.example.com", u"does not begin with https://"},
        {u"ftp://updates.example.com", u"does not begin with https://"},
        {u"file:///c:/updates", u"does not begin with https://"},
        {u"https://", u"has no host that can be used"},
        {u"https:///folder", u"has no host that can be used"},
        {u"https://user:secret@example.com/", u"has no port from 1 to 65535 behind its colon"},
        {u"https://user@example.com/", u"has no host that can be used"},
        {u"https://exa mple.com/", u"has no host that can be used"},
        {u"https://[2001:db8::7", u"has no host that can be used"},
        {u"https://[]/", u"has no host that can be used"},
        {u"https://example.com:/", u"has no port from 1 to 65535 behind its colon"},
        {u"https://example.com:0/", u"has no port from 1 to 65535 behind its colon"},
        {u"https://example.com:65536/", u"has no port from 1 to 65535 behind its colon"},
        {u"https://example.com:99999999999999999999/",
         u"has no port from 1 to 65535 behind its colon"},
        {u"https://example.com:443x", u"has something else than a folder behind its host"},
        {u"https://example.com/a?b=c", u"has something else than a folder behind its host"},
        {u"https://example.com/a#b", u"has something else than a folder behind its host"},
        {u"https://example.com/a\\b", u"has something else than a folder behind its host"},
        {u"https://example.com/a\r\nHost: x", u"has something else than a folder behind its host"},
        {u"http://updates.example.com/",
         u"begins with http://, which is for this computer alone: use https://"},
        {u"http://localhost.example.com/",
         u"begins with http://, which is for this computer alone: use https://"},
        {u"http://127.0.0.1.example.com/",
         u"begins with http://, which is for this computer alone: use https://"},
        {u"http://192.168.0.7/",
         u"begins with http://, which is for this computer alone: use https://"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        print_message("row %u\n", (unsigned)i);
        const char16_t *reason = address_read(rows[i].text, &address);
        assert_non_null(reason);
        assert_true(text_equal(reason, rows[i].reason));
    }
}

static void test_a_part_that_is_too_long_is_refused(void **state)
{
    char16_t units[ADDRESS_PATH_UNITS + 64];
    (void)state;
    struct text host = TEXT_ON(units);
    text_append(&host, u"https://");
    for (size_t i = 0; i < ADDRESS_HOST_UNITS; i++)
        text_append_unit(&host, u'a');
    assert_non_null(address_read(units, &address));
    struct text path = TEXT_ON(units);
    text_append(&path, u"https://a/");
    for (size_t i = 0; i < ADDRESS_PATH_UNITS; i++)
        text_append_unit(&path, u'a');
    assert_non_null(address_read(units, &address));
}

static void test_a_file_lies_in_the_folder(void **state)
{
    char16_t path[ADDRESS_PATH_UNITS];
    (void)state;
    assert_null(address_read(u"https://example.com/a", &address));
    assert_true(address_of_file(&address, u"Gatehouse-1.4.0_x86-64.msi", path));
    assert_true(text_equal(path, u"/a/Gatehouse-1.4.0_x86-64.msi"));
}

static void test_a_name_that_leads_out_of_the_folder_is_refused(void **state)
{
    static const char16_t *const names[] = {u"",      u".",   u"..",     u".hidden",
                                            u"../a",  u"a/b", u"a\\b",   u"a b",
                                            u"a%2fb", u"a?b", u"a\r\nb", u"\u00e4"};
    char16_t path[ADDRESS_PATH_UNITS];
    (void)state;
    assert_null(address_read(u"https://example.com/a", &address));
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        print_message("row %u\n", (unsigned)i);
        assert_false(address_of_file(&address, names[i], path));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_address_is_taken_apart),
        cmocka_unit_test(test_what_is_no_address_is_refused_with_the_reason),
        cmocka_unit_test(test_a_part_that_is_too_long_is_refused),
        cmocka_unit_test(test_a_file_lies_in_the_folder),
        cmocka_unit_test(test_a_name_that_leads_out_of_the_folder_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
