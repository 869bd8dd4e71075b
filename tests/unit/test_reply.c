/* SPDX-License-Identifier: MIT */
#include "base/errors.h"
#include "base/text.h"
#include "tests/unit/cmocka_test.h"
#include "wire/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_process_id_is_byte_exact(void **state)
{
    (void)state;
    const char *expected = "0x00000000\n0x0000abcd\nProcess ID";
    char16_t reply[REPLY_MAX_UNITS];
    size_t length = reply_process_id(reply, 0xABCD);
    assert_int_equal(length * sizeof(*reply), 64);
    const uint8_t *bytes = (const uint8_t *)reply;
    for (size_t i = 0; i < length; i++) {
        assert_int_equal(bytes[2 * i], expected[i]);
        assert_int_equal(bytes[2 * i + 1], 0);
    }
}

static void test_errors_are_byte_exact(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t code;
        const char16_t *function, *text, *expected;
    } rows[] = {
        {"system text with its line end", 5, u"CreateProcessAsUser", u"Access denied.\r\n",
         u"0x00000005\r\nCreateProcessAsUser\r\nAccess denied.\r\n"},
        {"code that the system does not know", ERROR_STARTUP_DATA, u"GetStartupData (timeout)",
         NULL, u"0x20000001\r\nGetStartupData (timeout)\r\n(null)"},
        {"exit of openvpn.exe", ERROR_OPENVPN_STARTUP, u"OpenVPN exited with error: exit code = 1",
         u"", u"0x20000000\r\nOpenVPN exited with error: exit code = 1\r\n"},
        {"lower-case digits", 0xDEADBEEF, u"x", u"y", u"0xdeadbeef\r\nx\r\ny"},
        {"control characters of an option", ERROR_STARTUP_DATA, u"a\r\n0x00000000\tb\x7f\x85", NULL,
         u"0x20000001\r\na??0x00000000?b??\r\n(null)"},
        {"empty function", 87, u"", u"Bad.\r\n", u"0x00000057\r\n\r\nBad.\r\n"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char16_t reply[REPLY_MAX_UNITS];
        size_t length = reply_error(reply, rows[i].code, rows[i].function, rows[i].text);
        if (length != text_length(rows[i].expected) ||
            memcmp(reply, rows[i].expected, length * sizeof(*reply)) != 0)
            fail_msg("%s", rows[i].name);
    }
}

static void fill(char16_t *units, size_t count, char16_t unit)
{
    for (size_t i = 0; i + 1 < count; i++)
        units[i] = unit;
    units[count - 1] = 0;
}

static void test_a_long_function_is_shortened_in_its_middle(void **state)
{
    (void)state;
    char16_t function[1000], reply[REPLY_MAX_UNITS + 1];
    fill(function, ARRAY_COUNT(function), u'm');
    function[0] = u'F';
    function[998] = u'L';
    size_t length = reply_error(reply, ERROR_STARTUP_DATA, function, NULL);
    assert_int_equal(length, REPLY_MAX_UNITS);
    reply[length] = 0;
    assert_true(text_starts_with(reply, u"0x20000001\r\nFmmm"));
    assert_true(text_equal(reply + length - 12, u"mmmL\r\n(null)"));
    const char16_t *dots = text_find(reply, u'.');
    assert_true(text_starts_with(dots, u"...mmm"));
    /* 491 units for the function: 244 before and 244 after the dots. */
    assert_int_equal(dots - reply, 12 + 244);

    /* One unit less: an odd size is used up, too. */
    assert_int_equal(reply_error(reply, ERROR_STARTUP_DATA, function, u"7 units"), REPLY_MAX_UNITS);
}

static void test_a_function_that_just_fits_is_left_alone(void **state)
{
    (void)state;
    char16_t function[491 + 1], reply[REPLY_MAX_UNITS];
    fill(function, ARRAY_COUNT(function), u'm');
    size_t length = reply_error(reply, ERROR_STARTUP_DATA, function, NULL);
    assert_int_equal(length, REPLY_MAX_UNITS);
    for (size_t i = 0; i < 491; i++)
        assert_int_equal(reply[12 + i], u'm');
}

static void test_no_length_makes_a_reply_too_long_or_cuts_a_character(void **state)
{
    (void)state;
    static char16_t function[1200], text[1200], reply[REPLY_MAX_UNITS];
    for (size_t f = 0; f < 1199; f += 37) {
        for (size_t t = 0; t < 1199; t += 41) {
            for (size_t i = 0; i < 1200; i++)
                function[i] = text[i] = (i % 2) ? 0xDD11 : 0xD83D;
            function[f - f % 2] = text[t - t % 2] = 0;
            size_t length = reply_error(reply, 5, function, text);
            struct reply parsed;
            assert_true(length <= REPLY_MAX_UNITS);
            assert_true(text_is_well_formed(reply, length));
            assert_true(reply_parse(reply, length, &parsed));
            assert_true(f < 64 || text_length(parsed.function) >= 60);
            assert_true(f + t > 400 || text_length(parsed.text) == t - t % 2);
        }
    }
}

static void test_replies_parse_to_what_was_sent(void **state)
{
    (void)state;
    char16_t units[REPLY_MAX_UNITS];
    struct reply reply;
    assert_true(reply_parse(units, reply_process_id(units, 4711), &reply));
    assert_int_equal(reply.code, 0);
    assert_int_equal(reply.process_id, 4711);

    size_t length = reply_error(units, 5, u"CreateProcessAsUser", u"Access denied.\r\n");
    assert_true(reply_parse(units, length, &reply));
    assert_int_equal(reply.code, 5);
    assert_true(text_equal(reply.function, u"CreateProcessAsUser"));
    assert_true(text_equal(reply.text, u"Access denied."));

    length = reply_error(units, ERROR_OPENVPN_STARTUP, u"exit code = 1", u"");
    assert_true(reply_parse(units, length, &reply));
    assert_true(text_equal(reply.function, u"exit code = 1"));
    assert_true(text_equal(reply.text, u""));
}

static void test_either_line_end_is_read(void **state)
{
    (void)state;
    struct reply reply;
    const char16_t *failed = u"0xffffffff\nFormatMessage failed\nCould not return result";
    assert_true(reply_parse(failed, text_length(failed), &reply));
    assert_int_equal(reply.code, 0xffffffff);
    assert_true(text_equal(reply.function, u"FormatMessage failed"));
    const char16_t *success = u"0x00000000\r\n0x0000000A\r\nProcess ID";
    assert_true(reply_parse(success, text_length(success), &reply));
    assert_int_equal(reply.process_id, 10);
    const char16_t *two_lines_of_text = u"0x00000005\r\nf\r\none\r\ntwo\r\n";
    assert_true(reply_parse(two_lines_of_text, text_length(two_lines_of_text), &reply));
    assert_true(text_equal(reply.text, u"one\r\ntwo"));
}

static void test_what_is_no_reply_is_refused(void **state)
{
    (void)state;
    static const char16_t *const rows[] = {
        u"",
        u"\n\n\n",
        u"0x00000005",
        u"0x00000005\r\nonly two lines",
        u"0x0000000\n\n",
        u"0x000000005\n\n",
        u"00000000005\nf\nt",
        u"0x0000000g\nf\nt",
        u"0x00000000\nnot a number\nProcess ID",
        u"0x00000000\n0x00000001\nProcess",
        u"0x00000000\n0x00000001\nProcess ID.",
        u"0x00000000\n0x00000001\n",
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct reply reply;
        if (reply_parse(rows[i], text_length(rows[i]), &reply))
            fail_msg("row %zu", i);
    }
}

static void test_overlong_and_odd_units_do_not_overflow(void **state)
{
    (void)state;
    static char16_t units[4000];
    struct reply reply;
    fill(units, ARRAY_COUNT(units), u'x');
    memcpy(units, u"0x00000005\n", 11 * sizeof(*units));
    units[2000] = u'\n';
    assert_true(reply_parse(units, ARRAY_COUNT(units), &reply));
    assert_int_equal(text_length(reply.function), REPLY_MAX_UNITS);
    assert_int_equal(text_length(reply.text), REPLY_MAX_UNITS);
    units[3] = 0;
    assert_false(reply_parse(units, ARRAY_COUNT(units), &reply));
}

/* How real clients read a reply (docs/protocol.md, "Replies"), each written from those facts. They
 * read it as it comes from the pipe: narrowed to bytes here, since all of it is ASCII. */
struct received {
    char bytes[REPLY_MAX_UNITS + 1];
};

static struct received receive(const char16_t *units, size_t length)
{
    struct received received = {""};
    for (size_t i = 0; i < length; i++) {
        assert_true(units[i] < 0x80);
        received.bytes[i] = (char)units[i];
    }
    return received;
}

/* The graphical client: a number and a line feed; the process id follows eleven units later, if
 * there is a line "Process ID" somewhere. */
static bool graphical_client_process_id(const char *reply, unsigned long *process_id)
{
    unsigned code;
    int read = 0;
    if (sscanf(reply, "0x%08x\n%n", &code, &read) != 1 || code != 0 ||
        !strstr(reply, "\nProcess ID"))
        return false;
    *process_id = strtoul(reply + 11, NULL, 16);
    return true;
}

static unsigned graphical_client_error(const char *reply, const char **message)
{
    unsigned code = 0;
    assert_int_equal(sscanf(reply, "0x%08x\n", &code), 1);
    *message = reply + 11 + strspn(reply + 11, " \t\r\n");
    return code;
}

/* The roaming client: CR LF becomes LF, then the reply is split at each LF. */
static size_t roaming_client_lines(char *reply, char *lines[8])
{
    char *to = reply;
    for (const char *from = reply; *from; from++)
        if (from[0] != '\r' || from[1] != '\n')
            *to++ = *from;
    *to = 0;
    size_t count = 0;
    for (char *line = reply; line; count++) {
        assert_true(count < 8);
        lines[count] = line;
        line = strchr(line, '\n');
        if (line)
            *line++ = 0;
    }
    return count;
}

/* The launcher: twice, the bytes up to 0x0A without the zero bytes. */
static unsigned long launcher_number(const uint8_t **bytes, const uint8_t *end)
{
    char line[64] = "";
    size_t length = 0;
    while (*bytes < end && **bytes != 0x0A) {
        if (**bytes && length < sizeof(line) - 1)
            line[length++] = (char)**bytes;
        ++*bytes;
    }
    assert_true(*bytes < end);
    ++*bytes;
    char *rest;
    unsigned long value = strtoul(line, &rest, 0);
    assert_true(*rest == 0 && rest > line);
    return value;
}

static void test_every_client_reads_the_process_id(void **state)
{
    (void)state;
    char16_t units[REPLY_MAX_UNITS];
    size_t length = reply_process_id(units, 0x1a2b);

    struct received received = receive(units, length);
    unsigned long process_id = 0;
    assert_true(graphical_client_process_id(received.bytes, &process_id));
    assert_int_equal(process_id, 0x1a2b);

    char *lines[8];
    assert_int_equal(roaming_client_lines(received.bytes, lines), 3);
    assert_int_equal(strtoul(lines[0], NULL, 16), 0);
    assert_int_equal(strtoul(lines[1], NULL, 16), 0x1a2b);
    assert_string_equal(lines[2], "Process ID");

    const uint8_t *at = (const uint8_t *)units, *end = at + length * sizeof(*units);
    assert_int_equal(launcher_number(&at, end), 0);
    assert_int_equal(launcher_number(&at, end), 0x1a2b);
}

static void test_every_client_reads_errors(void **state)
{
    (void)state;
    char16_t units[REPLY_MAX_UNITS];
    size_t length = reply_error(units, ERROR_STARTUP_DATA, u"GetStartupData", NULL);
    struct received received = receive(units, length);
    const char *message;
    assert_int_equal(graphical_client_error(received.bytes, &message), ERROR_STARTUP_DATA);
    assert_true(strncmp(message, "GetStartupData", 14) == 0);

    char *lines[8];
    assert_int_equal(roaming_client_lines(received.bytes, lines), 3);
    assert_string_equal(lines[0], "0x20000001");
    assert_string_equal(lines[1], "GetStartupData");
    assert_string_equal(lines[2], "(null)");

    length = reply_error(units, ERROR_OPENVPN_STARTUP, u"exit code = 1", u"");
    received = receive(units, length);
    assert_int_equal(roaming_client_lines(received.bytes, lines), 3);
    assert_string_equal(lines[2], "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_process_id_is_byte_exact),
        cmocka_unit_test(test_errors_are_byte_exact),
        cmocka_unit_test(test_a_long_function_is_shortened_in_its_middle),
        cmocka_unit_test(test_a_function_that_just_fits_is_left_alone),
        cmocka_unit_test(test_no_length_makes_a_reply_too_long_or_cuts_a_character),
        cmocka_unit_test(test_replies_parse_to_what_was_sent),
        cmocka_unit_test(test_either_line_end_is_read),
        cmocka_unit_test(test_what_is_no_reply_is_refused),
        cmocka_unit_test(test_overlong_and_odd_units_do_not_overflow),
        cmocka_unit_test(test_every_client_reads_the_process_id),
        cmocka_unit_test(test_every_client_reads_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
