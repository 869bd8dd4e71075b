/* SPDX-License-Identifier: MIT */
/* What a report leaves out. Each row is a line as somebody writes it, and as a report shows it. */
#include "client/cli/doctor/redact.h"
#include "client/cli/doctor/redact_address.h"
#include "tests/unit/cmocka_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct row {
    const char *line, *shown;
} rows[] = {
    /* Nothing to leave out. */
    {"", ""},
    {"Initialization Sequence Completed", "Initialization Sequence Completed"},
    {"Control Channel: TLSv1.3, cipher TLSv1.3 TLS_AES_256_GCM_SHA384",
     "Control Channel: TLSv1.3, cipher TLSv1.3 TLS_AES_256_GCM_SHA384"},
    {"cipher TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384, 4096 bit RSA",
     "cipher TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384, 4096 bit RSA"},
    {"ERROR: could not read Auth username/password/ok/string",
     "ERROR: could not read Auth username/password/ok/string"},
    {"openvpn.exe, version 2.7.0.1", "openvpn.exe, version 2.7.0.1"},
    {"{D3F1B1A0-5A55-4C7C-9A55-0123456789AB}", "{D3F1B1A0-5A55-4C7C-9A55-0123456789AB}"},
    {"10:20:30 route 10.8.0.0/16 via 10.8.0.1", "10:20:30 route 10.8.0.0/16 via 10.8.0.1"},
    {"HKLM\\SOFTWARE\\OpenVPN\\exe_path = C:\\Program Files\\OpenVPN\\bin\\openvpn.exe",
     "HKLM\\SOFTWARE\\OpenVPN\\exe_path = C:\\Program Files\\OpenVPN\\bin\\openvpn.exe"},
    {"may be changed by BUILTIN\\Users, who", "may be changed by BUILTIN\\Users, who"},
    {"C:\\Users\\Public\\x", "C:\\Users\\Public\\x"},
    {"OpenVPNDNSRouting-1234567, OpenVPNDNSRoutingX-01-1234",
     "OpenVPNDNSRouting-1234567, OpenVPNDNSRoutingX-01-1234"},

    /* Passwords, answers and tickets. */
    {"password=hunter2 next", "password=<left out> next"},
    {"Password: 'hunter two'", "Password: '<left out> two'"},
    {"\"token\": \"abc\", \"x\": 1", "\"token\": \"<left out>\", \"x\": 1"},
    {"PUSH_REPLY,route 10.1.0.0,auth-token SESS_ID_AT_abc,ping 10",
     "PUSH_REPLY,route 10.1.0.0,auth-token SESS_ID_<left out>,ping 10"},
    {">PASSWORD:Auth-Token:abcd", ">PASSWORD:Auth-Token:<left out>"},
    {"SESS_ID_AT_q8s", "SESS_ID_<left out>"},
    {"AUTH_FAILED,CRV1:R,E:state:YWxpY2U=:Your code?", "AUTH_FAILED,CRV1:<left out>"},
    {"SENT CONTROL [x]: 'CR_RESPONSE,MTIzNDU2' (status=1)",
     "SENT CONTROL [x]: 'CR_RESPONSE,<left out>"},
    {"Cookie: a=1; b=2", "Cookie: <left out>"},
    {"MANAGEMENT: CMD 'username \"Auth\" \"alice\"'", "MANAGEMENT: CMD 'username<left out>"},
    {"MANAGEMENT: CMD 'password [...]'", "MANAGEMENT: CMD 'password<left out>"},
    {"MANAGEMENT: CMD 'state on'", "MANAGEMENT: CMD 'state on'"},
    {"INFO_PRE,WEB_AUTH::https://vpn.example/login?ticket=5",
     "INFO_PRE,WEB_AUTH::https://vpn.example<left out>"},
    {"proxy http://alice:secret@proxy.example:3128/", "proxy http://<left out>"},
    {"https://vpn.example", "https://vpn.example"},
    {"IV_SSO=webauth UV_USERID=alice IV_VER=2.7", "IV_SSO=webauth UV_<left out> IV_VER=2.7"},

    /* What looks drawn at random. */
    {"key 0123456789abcdef0123456789abcdef", "key <left out>"},
    {"AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/==", "<left out>"},
    {"id=AbCdEfGh-IjKlMnOpQ_rStUvWxYz0123456789", "id=<left out>"},

    /* People and computers. */
    {"Authorizing user 'Anna Maria@CORP' by virtue", "Authorizing user '<left out>' by virtue"},
    {"succeeded for username 'bob'", "succeeded for username '<left out>'"},
    {"VERIFY OK: CN=carol@mail.example.com, O=x", "VERIFY OK: CN=<left out>, O=x"},
    {"may be changed by CORP\\dave, who can", "may be changed by <left out>, who can"},
    {"S-1-5-21-1000-2000-3000-1001 or S-1-5-32-545", "S-1-5-21-<left out> or S-1-5-32-545"},
    {"C:\\Users\\erik\\OpenVPN\\log\\a.log", "C:\\Users\\<left out>\\OpenVPN\\log\\a.log"},
    {"C:\\\\Users\\\\Anna Maria\\\\a.log", "C:\\\\Users\\\\<left out>\\\\a.log"},
    {"cwd c:/users/frank and more", "cwd c:/users/<left out> and more"},
    {"no \"D:\\Documents and Settings\\g h\\x\"",
     "no \"D:\\Documents and Settings\\<left out>\\x\""},
    {"IV_HWADDR=00:ff:12:ab:cd:ef", "IV_HWADDR=<left out>"},
    {"mac 00-FF-12-AB-CD-EF.", "mac <left out>."},

    /* Addresses. */
    {"[AF_INET]203.0.113.5:1194, 198.51.100.7, 203.0.113.5",
     "[AF_INET]<address 1>:1194, <address 2>, <address 1>"},
    {"[AF_INET6]2001:db8::1:1194", "[AF_INET6]<address 1>"},
    {"::ffff:203.0.113.5 is 203.0.113.5", "<address 1> is <address 1>"},
    {"10.8.0.1 172.16.0.1 172.32.0.1 192.168.1.1 100.64.1.1 127.0.0.1 255.255.255.0",
     "10.8.0.1 172.16.0.1 <address 1> 192.168.1.1 100.64.1.1 127.0.0.1 255.255.255.0"},
    {"fe80::1%5 fd00::5 ::1 :: ff02::1", "fe80::1%5 fd00::5 ::1 :: ff02::1"},
    {"remote:203.0.113.5/32", "remote:<address 1>/32"},

    /* What a terminal would obey. */
    {"a\x1b[2Jb\tc\xC2\x9B"
     "d\xC3\xBC",
     "a?[2Jb?c?d\xC3\xBC"},
    {"https://x\x1b[2J", "https://x<left out>"},
};

static void test_each_form_is_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct redactor redactor = {.in_key = false};
        char shown[REDACT_LINE];
        redact_line(&redactor, rows[i].line, shown);
        if (strcmp(shown, rows[i].shown) != 0)
            fail_msg("%s\n  became %s\n  not    %s", rows[i].line, shown, rows[i].shown);
    }
}

static void test_known_names_are_left_out(void **state)
{
    (void)state;
    static const struct row known[] = {
        {"TESTBOX\\alice and Alice, alice's",
         "<left out>\\<left out> and <left out>, <left out>'s"},
        {"malice alicex alice_ TESTBOXES", "malice alicex alice_ TESTBOXES"},
        {"by BUILTIN\\Users as SYSTEM, ab", "by BUILTIN\\Users as SYSTEM, ab"},
        {"J\xC3\xBCrg J\xC3\xBCrgen", "<left out> J\xC3\xBCrgen"},
    };
    struct redactor redactor = {.in_key = false};
    redact_learn(&redactor, "TESTBOX\\alice");
    redact_learn(&redactor, "BUILTIN\\Users");
    redact_learn(&redactor, "NT AUTHORITY\\SYSTEM");
    redact_learn(&redactor, "S-1-5-21-1-2-3-1000");
    redact_learn(&redactor, "ab");
    redact_learn(&redactor, "");
    redact_learn(&redactor, "J\xC3\xBCrg");
    for (size_t i = 0; i < COUNT(known); i++) {
        char shown[REDACT_LINE];
        redact_line(&redactor, known[i].line, shown);
        assert_string_equal(shown, known[i].shown);
    }
}

static void test_lines_of_a_key_are_left_out_to_its_end(void **state)
{
    (void)state;
    static const struct row lines[] = {
        {"before", "before"},
        {"x -----BEGIN PRIVATE KEY-----", "<left out>"},
        {"short", "<left out>"},
        {"", "<left out>"},
        {"-----END PRIVATE KEY-----", "<left out>"},
        {"after", "after"},
        {"-----BEGIN A----- x -----END A-----", "<left out>"},
        {"after", "after"},
    };
    struct redactor redactor = {.in_key = false};
    for (size_t i = 0; i < COUNT(lines); i++) {
        char shown[REDACT_LINE];
        redact_line(&redactor, lines[i].line, shown);
        if (strcmp(shown, lines[i].shown) != 0)
            fail_msg("line %zu: %s", i, shown);
    }
}

static void test_more_names_and_addresses_than_there_is_room_for(void **state)
{
    (void)state;
    static struct redactor redactor;
    char text[64], shown[REDACT_LINE];
    for (unsigned i = 0; i < REDACT_NAMES + 2; i++) {
        snprintf(text, sizeof(text), "name%03u", i);
        redact_learn(&redactor, text);
    }
    assert_int_equal(redactor.name_count, REDACT_NAMES);
    for (unsigned i = 0; i < REDACT_ADDRESSES + 2; i++) {
        snprintf(text, sizeof(text), "198.51.%u.%u", i / 256, i % 256);
        redact_line(&redactor, text, shown);
    }
    assert_string_equal(shown, "<address>");
}

static void test_a_line_that_is_too_long_is_cut(void **state)
{
    (void)state;
    static char line[2 * REDACT_LINE];
    static struct redactor redactor;
    char shown[REDACT_LINE];
    memset(line, 'x', sizeof(line) - 1);
    redact_line(&redactor, line, shown);
    assert_int_equal(strlen(shown), REDACT_LINE - 1);
}

/* ---- whatever the bytes are ---- */

static uint32_t random_state;

static uint32_t draw(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % below;
}

static const char *const pieces[] = {"password",
                                     "auth-token",
                                     "CRV1",
                                     "=",
                                     ":",
                                     " ",
                                     "'",
                                     "\"",
                                     "://",
                                     "@",
                                     "\\Users\\",
                                     "\\",
                                     "MANAGEMENT: CMD '",
                                     "user '",
                                     "S-1-5-21-",
                                     "1.2.3.4",
                                     "::",
                                     "fe80",
                                     "-",
                                     "12",
                                     "ab",
                                     ",",
                                     "\xC3\xBC",
                                     "\xC2",
                                     "\x1b",
                                     "changed by ",
                                     "SESS_ID_",
                                     "version ",
                                     "00:11:22:33:44:55",
                                     "A1b"};

static void test_any_line_gives_a_text_without_control_characters(void **state)
{
    (void)state;
    static struct redactor redactor;
    char line[512], shown[REDACT_LINE];
    random_state = 20231;
    for (unsigned run = 0; run < 4000; run++) {
        size_t length = 0;
        *line = 0;
        for (uint32_t left = draw(24); left; left--)
            length += (size_t)snprintf(line + length, sizeof(line) - length, "%s",
                                       pieces[draw(COUNT(pieces))]);
        redact_line(&redactor, line, shown);
        for (const char *byte = shown; *byte; byte++)
            if ((unsigned char)*byte < 0x20 || *byte == 0x7f)
                fail_msg("%s", line);
    }
}

static void test_a_password_is_left_out_whatever_is_around_it(void **state)
{
    (void)state;
    static const char *const before[] = {"password=",
                                         "Password : ",
                                         "auth-token ",
                                         "\"passphrase\":\"",
                                         "AUTH_FAILED,CRV1:",
                                         "CR_RESPONSE,",
                                         "MANAGEMENT: CMD 'password \"Auth\" "};
    static struct redactor redactor;
    char line[1024], shown[REDACT_LINE];
    random_state = 777;
    for (unsigned run = 0; run < 4000; run++) {
        size_t length = 0;
        for (uint32_t left = draw(8); left; left--)
            length += (size_t)snprintf(line + length, sizeof(line) - length, "%s ",
                                       pieces[draw(COUNT(pieces))]);
        snprintf(line + length, sizeof(line) - length, "%sHUNTER2", before[draw(COUNT(before))]);
        redact_line(&redactor, line, shown);
        if (strstr(shown, "HUNTER2"))
            fail_msg("%s\n  became %s", line, shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_form_is_left_out),
        cmocka_unit_test(test_known_names_are_left_out),
        cmocka_unit_test(test_lines_of_a_key_are_left_out_to_its_end),
        cmocka_unit_test(test_more_names_and_addresses_than_there_is_room_for),
        cmocka_unit_test(test_a_line_that_is_too_long_is_cut),
        cmocka_unit_test(test_any_line_gives_a_text_without_control_characters),
        cmocka_unit_test(test_a_password_is_left_out_whatever_is_around_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
