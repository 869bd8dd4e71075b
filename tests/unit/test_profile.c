/* SPDX-License-Identifier: MIT */
#include "policy/profile/profile.h"
#include "base/array.h"
#include "base/errors.h"
#include "tests/unit/cmocka_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_BYTES = 4096 };

/* "line verdict name argument", with a bar between them. */
struct findings {
    char log[LOG_BYTES];
    size_t length;
};

static void note_finding(void *context, const struct profile_finding *finding)
{
    static const char *const verdicts[] = {
        [PROFILE_LEFT_OUT] = "left-out", [PROFILE_REFUSED] = "refused",
        [PROFILE_UNKNOWN] = "unknown",   [PROFILE_WRONG] = "wrong",
        [PROFILE_BROKEN] = "broken",
    };
    struct findings *findings = context;
    assert_non_null(finding->reason);
    assert_non_null(finding->advice);
    findings->length +=
        (size_t)snprintf(findings->log + findings->length, LOG_BYTES - findings->length,
                         "%s%zu %s%s%s", findings->length ? " | " : "", finding->line,
                         verdicts[finding->verdict], *finding->name ? " " : "", finding->name);
    if (finding->argument)
        findings->length +=
            (size_t)snprintf(findings->log + findings->length, LOG_BYTES - findings->length, " %zu",
                             finding->argument);
    assert_true(findings->length < LOG_BYTES);
}

/* From a copy of exact size, so that the sanitizer sees a read beyond it. */
static uint32_t check_profile(const char *bytes, size_t size, struct findings *findings,
                              struct profile_text *text)
{
    char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    *findings = (struct findings){.length = 0};
    const uint32_t error = profile_check(copy, size, note_finding, findings, text);
    free(copy);
    return error;
}

/* ---- what may run ---- */

static const struct {
    const char *name, *profile, *written, *findings;
} allowed[] = {
    {"nothing", "", "", ""},
    {"words", "client\nremote vpn.example.org 1194 udp\n",
     "client\nremote vpn.example.org 1194 udp\n", ""},
    {"no end of the last line", "client", "client\n", ""},
    {"comments leave their lines", "# mine\n\nclient # yes\n;x\nverb 3", "\n\nclient\n\nverb 3\n",
     ""},
    {"blanks and dashes", " \t--remote  a\t1 \n", "remote a 1\n", ""},
    {"quotes", "remote \"a\" '1''udp'\n", "remote a 1 udp\n", ""},
    {"a quote in a word is a character", "verify-x509-name a\"b\n", "verify-x509-name \"a\\\"b\"\n",
     ""},
    {"backslashes", "ca \"C:\\\\My Keys\\\\ca.crt\"\n", "ca \"C:\\\\My Keys\\\\ca.crt\"\n", ""},
    {"a backslash in single quotes", "ca 'C:\\k\\ca.crt'\n", "ca \"C:\\\\k\\\\ca.crt\"\n", ""},
    {"a blank behind a backslash", "ca my\\ ca.crt\n", "ca \"my ca.crt\"\n", ""},
    {"a sign of a comment in quotes", "auth-token \"#1;2\"\n", "auth-token \"#1;2\"\n", ""},
    {"other letters", "verify-x509-name \"B\xC3\xBCro\"\n", "verify-x509-name \"B\xC3\xBCro\"\n",
     ""},
    {"line ends of Windows", "client\r\nverb 1\r\n", "client\nverb 1\n", ""},
    {"a mark before the text",
     "\xEF\xBB\xBF"
     "client\n",
     "client\n", ""},
    /* blocks */
    {"a block", "<ca>\r\n-----BEGIN\r\n  x\r\n</ca>\r\nclient\n",
     "<ca>\n-----BEGIN\n  x\n</ca>\nclient\n", ""},
    {"a block keeps comments and quotes", "<ca>\n# \"x\n\n</ca>\n", "<ca>\n# \"x\n\n</ca>\n", ""},
    {"an end with more behind it", "<ca>\nx\n \t</ca>x\nclient", "<ca>\nx\n</ca>\nclient\n", ""},
    {"a tag in quotes with a comment", "\"<ca>\" # x\ny\n</ca>\n", "<ca>\ny\n</ca>\n", ""},
    {"a tag behind dashes", "--<ca>\ny\n</ca>\n", "<ca>\ny\n</ca>\n", ""},
    {"an empty block", "<ca>\n</ca>\n", "<ca>\n</ca>\n", ""},
    {"connections", "<connection>\n# x\n remote a 1\n</connection>\nverb 3\n",
     "<connection>\n\nremote a 1\n</connection>\nverb 3\n", ""},
    {"a block in a connection",
     "<connection>\nremote a\n<tls-auth>\nk\n</tls-auth>\n</connection>\n",
     "<connection>\nremote a\n<tls-auth>\nk\n</tls-auth>\n</connection>\n", ""},
    /* what is left out */
    {"what Windows does not know", "user nobody\ngroup nogroup\nclient\n", "\n\nclient\n",
     "1 left-out user | 2 left-out group"},
    {"an option that may be ignored", "setenv opt block-outside-dns\nsetenv opt no-such 1\n",
     "block-outside-dns\n", "2 left-out no-such"},
    {"unknown ones that are named", "ignore-unknown-option new-one\nnew-one x\n",
     "ignore-unknown-option new-one\n", "2 left-out new-one"},
    {"their names with dashes", "ignore-unknown-option --new-one\nnew-one x\n",
     "ignore-unknown-option --new-one\n", "2 left-out new-one"},
    {"compatibility", "setenv FORWARD_COMPATIBLE 1\nsetenv UV_ID 7\n", "\nsetenv UV_ID 7\n",
     "1 left-out setenv"},
};

static void test_what_is_allowed_is_written_anew_with_its_line_numbers(void **state)
{
    (void)state;
    struct findings findings, again;
    for (size_t i = 0; i < ARRAY_COUNT(allowed); i++) {
        struct profile_text text, second;
        const char *profile = allowed[i].profile;
        const uint32_t error = check_profile(profile, strlen(profile), &findings, &text);
        if (error || strcmp(findings.log, allowed[i].findings) != 0)
            fail_msg("%s: %u, %s", allowed[i].name, error, findings.log);
        if (text.size != strlen(allowed[i].written) ||
            (text.size && memcmp(text.bytes, allowed[i].written, text.size) != 0))
            fail_msg("%s: %.*s", allowed[i].name, (int)text.size, text.bytes);
        assert_int_equal(check_profile(text.bytes, text.size, &again, &second), 0);
        assert_int_equal(second.size, text.size);
        assert_memory_equal(second.bytes, text.bytes, text.size);
        profile_text_free(&second);
        profile_text_free(&text);
    }
}

/* ---- what may not ---- */

#define SIXTEEN "a b c d e f g h i j k l m n o"

static const struct {
    const char *name, *profile, *findings;
} refused[] = {
    {"a program", "client\nup evil.exe\n", "2 refused up"},
    {"with dashes", "--plugin x.dll\n", "1 refused plugin"},
    {"in quotes", "\"plugin\" x.dll\n", "1 refused plugin"},
    {"as a block", "<plugin>\nx.dll\n</plugin>\n", "1 refused plugin"},
    {"behind setenv opt", "setenv opt plugin x.dll\n", "1 refused plugin"},
    {"twice behind it", "setenv opt setenv opt plugin x.dll\n", "1 wrong setenv"},
    {"though it may be unknown", "ignore-unknown-option up\nup x\n", "2 refused up"},
    {"with dashes, too", "ignore-unknown-option --up\n--up x\n", "2 refused up"},
    {"what openvpn calls itself with", "ignore-unknown-option rdns-internal\nrdns-internal\n",
     "2 refused rdns-internal"},
    {"in a connection", "<connection>\nremote a\nup x\n</connection>\n", "3 refused up"},
    {"behind the end of a block", "<ca>\n</ca>\nplugin x\n</ca>\n", "3 refused plugin | 4 broken"},
    {"names by their beginning", "management 127.0.0.1 1\nmanagement-hold\npkcs11-id x\n",
     "1 refused management | 2 refused management-hold | 3 refused pkcs11-id"},
    {"another file", "config more.ovpn\n", "1 refused config"},
    {"a server's", "server 10.8.0.0 255.255.255.0\n", "1 refused server"},
    {"scripts", "script-security 2\n", "1 wrong script-security 1"},
    {"unknown", "no-such-directive\n", "1 unknown no-such-directive"},
    {"unknown before it is named", "new\nignore-unknown-option new\n", "1 unknown new"},
    {"capitals", "Remote a\n", "1 unknown"},
    {"a key outside of a block", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n", "1 unknown"},
    {"an empty word", "\"\" x\n", "1 unknown"},
    /* arguments */
    {"a missing one", "client\nremote\n", "2 wrong remote"},
    {"one too many", "client x\n", "1 wrong client"},
    {"a port", "remote a 0\nremote a x\nremote a 65536\n",
     "1 wrong remote 2 | 2 wrong remote 2 | 3 wrong remote 2"},
    {"a server's protocol", "proto tcp-server\n", "1 wrong proto 1"},
    {"a file on a server", "ca \\\\\\\\server\\\\share\\\\x\nca //server/x\n",
     "1 wrong ca 1 | 2 wrong ca 1"},
    {"devices and streams", "key NUL\nkey x:y\nkey C:x\nkey '\\\\.\\pipe\\x'\n",
     "1 wrong key 1 | 2 wrong key 1 | 3 wrong key 1 | 4 wrong key 1"},
    {"the standard input", "auth-user-pass stdin\n", "1 wrong auth-user-pass 1"},
    {"the mark of 2.4", "ca [[INLINE]] x\nauth-token [[INLINE]]\n",
     "1 wrong ca | 2 wrong auth-token 1"},
    {"variables", "setenv PATH x\nsetenv opt\nsetenv UV_A=B c\n",
     "1 wrong setenv 1 | 2 left-out setenv | 3 wrong setenv 1"},
    {"no UTF-8", "verify-x509-name \xFF\n", "1 wrong verify-x509-name 1"},
    {"control characters of Unicode",
     "verify-x509-name \xC2\x9B"
     "1m\n",
     "1 wrong verify-x509-name 1"},
    {"a mark in the middle", "client\n\xEF\xBB\xBFup x\n", "2 unknown"},
    /* lines */
    {"no end of a quotation", "remote \"a\nremote 'b\n", "1 broken | 2 broken"},
    {"a backslash without need", "ca C:\\keys\\ca.crt\n", "1 broken"},
    {"a backslash at the end", "remote a\\\nremote b \\", "1 broken | 2 broken"},
    {"vertical tab", "client\vup x\n", "1 broken"},
    {"Ctrl-Z", "client\n\x1A\n", "2 broken"},
    {"in a comment", "# \x1B[1m\n", "1 broken"},
    {"a tab in a word", "verify-x509-name \"a\tb\"\n", "1 broken"},
    {"seventeen words", "remote-cert-ku 1 " SIXTEEN "\n", "1 broken"},
    /* blocks */
    {"no end of a block", "client\n<ca>\nx\n", "2 broken"},
    {"no end of a connection", "<connection>\nremote a\n", "1 broken"},
    {"the end of another block", "<ca>\nx\n</key>\nx\n</ca>\n", "3 broken"},
    {"an end behind a no-break space", "<ca>\nx\n\xC2\xA0</ca>\n</ca>\n", "3 broken"},
    {"a carriage return in a block", "<ca>\nx\r</ca>\n</ca>\n", "2 broken"},
    {"no UTF-8 in a block", "<ca>\n\xFF\n</ca>\n", "2 broken"},
    {"what can't be a block", "<remote>\na\n</remote>\n", "1 refused remote"},
    {"a connection in a connection", "<connection>\n<connection>\n</connection>\n</connection>\n",
     "2 broken | 4 broken"},
    {"what can't stand in a connection", "<connection>\nclient\n</connection>\n",
     "2 refused client"},
    {"an empty tag", "<>\n</>\n", "1 unknown"},
};

static void test_what_is_not_allowed_is_refused_with_its_line(void **state)
{
    (void)state;
    struct findings findings;
    for (size_t i = 0; i < ARRAY_COUNT(refused); i++) {
        struct profile_text text;
        const char *profile = refused[i].profile;
        const uint32_t error = check_profile(profile, strlen(profile), &findings, &text);
        if (error != ERROR_INVALID_DATA || strcmp(findings.log, refused[i].findings) != 0)
            fail_msg("%s: %u, %s", refused[i].name, error, findings.log);
        assert_null(text.bytes);
    }
}

static void test_a_zero_byte_is_refused(void **state)
{
    (void)state;
    static const char profile[] = "client\n\0\nremote a\0 b\n";
    static const char utf16[] = "\xFF\xFE"
                                "c\0l\0\n\0";
    struct findings findings;
    struct profile_text text;
    assert_int_equal(check_profile(profile, sizeof(profile) - 1, &findings, &text),
                     ERROR_INVALID_DATA);
    assert_string_equal(findings.log, "2 broken | 3 broken");
    assert_int_equal(check_profile(utf16, sizeof(utf16) - 1, &findings, &text), ERROR_INVALID_DATA);
}

/* ---- sizes ---- */

/* A profile of `head`, then so many letters, then `tail`. */
static uint32_t check_long(const char *head, size_t letters, const char *tail,
                           struct findings *findings)
{
    char profile[LOG_BYTES];
    struct profile_text text;
    strcpy(profile, head);
    memset(profile + strlen(head), 'x', letters);
    strcpy(profile + strlen(head) + letters, tail);
    const uint32_t error = check_profile(profile, strlen(profile), findings, &text);
    profile_text_free(&text);
    return error;
}

static void test_lines_have_a_limit_of_254_bytes(void **state)
{
    (void)state;
    struct findings findings;
    assert_int_equal(check_long("dev-node ", 254 - 9, "\r\n", &findings), 0);
    assert_int_equal(check_long("dev-node ", 254 - 8, "\n", &findings), ERROR_INVALID_DATA);
    assert_string_equal(findings.log, "1 broken");
    assert_int_equal(check_long("<ca>\n", 254, "\n</ca>\n", &findings), 0);
    assert_int_equal(check_long("<ca>\n", 255, "\n</ca>\n", &findings), ERROR_INVALID_DATA);
    assert_string_equal(findings.log, "2 broken");
    /* openvpn 2.4 to 2.7 would take the second piece of this line for the end of the block */
    assert_int_equal(
        check_long("<ca>\n", 255, "</ca>\nplugin x\n<cert>\n</ca>\n</cert>\n", &findings),
        ERROR_INVALID_DATA);
    assert_int_equal(check_long("<ca>\n</ca>", 250, "\n", &findings), ERROR_INVALID_DATA);
}

static void test_a_line_that_quotes_make_too_long_is_refused(void **state)
{
    (void)state;
    struct findings findings;
    assert_int_equal(check_long("dev-node '\\", 254 - 12, "'\n", &findings), ERROR_INVALID_DATA);
    assert_string_equal(findings.log, "1 broken dev-node");
}

static void test_a_profile_has_a_limit_of_1_mib(void **state)
{
    (void)state;
    struct findings findings;
    struct profile_text text;
    char *large = calloc(1, PROFILE_BYTES_MAX + 1);
    assert_non_null(large);
    memset(large, '\n', PROFILE_BYTES_MAX + 1);
    assert_int_equal(profile_check(large, PROFILE_BYTES_MAX, note_finding, &findings, &text), 0);
    profile_text_free(&text);
    assert_int_equal(profile_check(large, PROFILE_BYTES_MAX + 1, note_finding, &findings, &text),
                     ERROR_FILE_TOO_LARGE);
    assert_null(text.bytes);
    free(large);
}

/* ---- the table ---- */

static void test_each_directive_has_one_row_that_says_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < directives_count; i++) {
        const struct directive *row = &directives[i];
        assert_ptr_equal(directive_find(row->name), row);
        assert_true(strlen(row->name) < DIRECTIVE_NAME_BYTES);
        assert_true((row->rule == DIRECTIVE_ALLOWED) == !row->reason);
        assert_true(row->least <= DIRECTIVE_ARGUMENTS);
        assert_true(!row->least || row->arguments[row->least - 1] ||
                    row->flags & DIRECTIVE_REPEATS);
        assert_true(!(row->flags & (DIRECTIVE_INLINE | DIRECTIVE_REPEATS)) || row->arguments[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_allowed_is_written_anew_with_its_line_numbers),
        cmocka_unit_test(test_what_is_not_allowed_is_refused_with_its_line),
        cmocka_unit_test(test_a_zero_byte_is_refused),
        cmocka_unit_test(test_lines_have_a_limit_of_254_bytes),
        cmocka_unit_test(test_a_line_that_quotes_make_too_long_is_refused),
        cmocka_unit_test(test_a_profile_has_a_limit_of_1_mib),
        cmocka_unit_test(test_each_directive_has_one_row_that_says_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
