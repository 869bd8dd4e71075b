/* SPDX-License-Identifier: MIT */
#include "client/cli/connect/management.h"
#include "tests/unit/cmocka_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Events as text, one on each line, so that a test compares whole conversations. */
struct transcript {
    char text[16384];
    size_t length;
    unsigned count;
};

static void log_event(void *context, const struct management_event *event)
{
    static const char *const names[] = {
        [MANAGEMENT_PROMPT] = "prompt",
        [MANAGEMENT_STATE] = "state",
        [MANAGEMENT_HOLD] = "hold",
        [MANAGEMENT_NEED_LOGIN] = "login",
        [MANAGEMENT_NEED_PASSWORD] = "password",
        [MANAGEMENT_NEED_UNKNOWN] = "unknown",
        [MANAGEMENT_PASSWORD_WRONG] = "wrong",
        [MANAGEMENT_REMOTE] = "remote",
        [MANAGEMENT_FATAL] = "fatal",
        [MANAGEMENT_SUCCESS] = "success",
        [MANAGEMENT_ERROR] = "error",
        [MANAGEMENT_OTHER] = "other",
    };
    struct transcript *transcript = context;
    const struct management_state *state = &event->state;
    transcript->count++;
    if (transcript->length > sizeof(transcript->text) - 4096)
        return;
    int size;
    if (event->kind == MANAGEMENT_STATE)
        size =
            sprintf(transcript->text + transcript->length, "state %s|%s|%s|%s|%s|%s\n", state->name,
                    state->detail, state->address, state->server, state->port, state->address6);
    else if (*event->realm)
        size = sprintf(transcript->text + transcript->length, "%s [%s]\n", names[event->kind],
                       event->realm);
    else
        size = sprintf(transcript->text + transcript->length, "%s %s\n", names[event->kind],
                       event->text);
    transcript->length += (size_t)size;
}

static struct transcript *read_pieces(const char *bytes, size_t size, size_t piece)
{
    static struct transcript transcript;
    struct management management = {0};
    memset(&transcript, 0, sizeof(transcript));
    for (size_t at = 0; at < size; at += piece) {
        size_t now = size - at < piece ? size - at : piece;
        /* A copy of exact size, so that the sanitizer sees a read beyond the piece. */
        char *copy = malloc(now);
        assert_non_null(copy);
        memcpy(copy, bytes + at, now);
        management_read(&management, copy, now, log_event, &transcript);
        free(copy);
    }
    return &transcript;
}

static const char conversation[] =
    "ENTER PASSWORD:SUCCESS: password is correct\r\n"
    ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\r\n"
    ">HOLD:Waiting for hold release:0\r\n"
    "SUCCESS: real-time state notification set to ON\r\n"
    "ERROR: unknown command\n"
    ">PASSWORD:Need 'Auth' username/password\r\n"
    ">PASSWORD:Need 'Private Key' password\r\n"
    ">PASSWORD:Verification Failed: 'Auth'\r\n"
    ">PASSWORD:Verification Failed: 'Private Key' ['why']\r\n"
    ">PASSWORD:Auth-Token:secret\r\n"
    ">STATE:1700000000,CONNECTED,SUCCESS,10.8.0.2,192.0.2.1,1194,10.0.0.5,50000,fd00::2\r\n"
    ">STATE:1700000000,WAIT,,,,,,\r\n"
    ">STATE:1700000000,EXITING\r\n"
    ">REMOTE:vpn.example,1194,udp\r\n"
    ">FATAL:Cannot open TUN/TAP dev\r\n"
    "\r\n";

static const char conversation_transcript[] =
    "prompt \n"
    "success password is correct\n"
    "other >INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\n"
    "hold Waiting for hold release:0\n"
    "success real-time state notification set to ON\n"
    "error unknown command\n"
    "login [Auth]\n"
    "password [Private Key]\n"
    "wrong [Auth]\n"
    "wrong [Private Key]\n"
    "other Auth-Token:secret\n"
    "state CONNECTED|SUCCESS|10.8.0.2|192.0.2.1|1194|fd00::2\n"
    "state WAIT|||||\n"
    "state EXITING|||||\n"
    "remote vpn.example,1194,udp\n"
    "fatal Cannot open TUN/TAP dev\n";

static void test_conversation_is_read_whole_however_it_is_split(void **state)
{
    (void)state;
    for (size_t piece = 1; piece <= sizeof(conversation); piece++) {
        struct transcript *transcript = read_pieces(conversation, sizeof(conversation) - 1, piece);
        if (strcmp(transcript->text, conversation_transcript) != 0)
            fail_msg("pieces of %zu bytes: heard\n%s", piece, transcript->text);
    }
}

static void test_prompt_is_read_without_a_line_end(void **state)
{
    (void)state;
    assert_string_equal(read_pieces("ENTER PASSWORD", 14, 14)->text, "");
    assert_string_equal(read_pieces("ENTER PASSWORD:", 15, 15)->text, "prompt \n");
    assert_string_equal(read_pieces("ENTER PASSWORD:\r\n", 17, 17)->text, "prompt \n");
    assert_string_equal(read_pieces("x ENTER PASSWORD:", 17, 17)->text, "");
}

static void test_line_without_its_end_waits(void **state)
{
    (void)state;
    assert_string_equal(read_pieces(">HOLD:x", 7, 7)->text, "");
    assert_string_equal(read_pieces(">HOLD:x\n", 8, 8)->text, "hold x\n");
}

static void test_question_that_we_cannot_answer_is_reported_whole(void **state)
{
    (void)state;
    static const struct {
        const char *line, *transcript;
    } rows[] = {
        {">PASSWORD:Need 'Auth' username/password SC:1,Enter PIN\n",
         "unknown Need 'Auth' username/password SC:1,Enter PIN\n"},
        {">PASSWORD:Need Auth username/password\n", "unknown Need Auth username/password\n"},
        {">PASSWORD:Need 'Auth\n", "unknown Need 'Auth\n"},
        {">PASSWORD:Need '\n", "unknown Need '\n"},
        {">NEED-OK:Need 'token-insertion-request' confirmation MSG:Insert\n",
         "unknown Need 'token-insertion-request' confirmation MSG:Insert\n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct transcript *transcript = read_pieces(rows[i].line, strlen(rows[i].line), 7);
        if (strcmp(transcript->text, rows[i].transcript) != 0)
            fail_msg("%s: heard %s", rows[i].line, transcript->text);
    }
}

static void test_overlong_line_is_cut_and_the_next_one_read(void **state)
{
    (void)state;
    enum { LONG = 100000 };
    char *bytes = malloc(LONG + 8);
    assert_non_null(bytes);
    memset(bytes, 'a', LONG);
    memcpy(bytes + LONG, "\n>HOLD:\n", 8);
    struct transcript *transcript = read_pieces(bytes, LONG + 8, 4096);
    free(bytes);
    assert_int_equal(transcript->count, 2);
    assert_int_equal(transcript->length,
                     strlen("other \n") + MANAGEMENT_LINE_MAX + strlen("hold \n"));
    assert_string_equal(transcript->text + transcript->length - 6, "hold \n");
}

static void test_overlong_password_line_stays_in_bounds(void **state)
{
    (void)state;
    char bytes[2 * MANAGEMENT_LINE_MAX];
    memset(bytes, '\'', sizeof(bytes));
    memcpy(bytes, ">PASSWORD:Need '", 16);
    bytes[sizeof(bytes) - 1] = '\n';
    assert_int_equal(read_pieces(bytes, sizeof(bytes), 100)->count, 1);
}

static void test_zero_bytes_become_question_marks(void **state)
{
    (void)state;
    assert_string_equal(read_pieces(">FATAL:a\0b\n", 11, 11)->text, "fatal a?b\n");
}

/* Random bytes: at most one event for each line end, and the sanitizers see overruns. */
static void test_hostile_bytes_do_no_harm(void **state)
{
    (void)state;
    static const char alphabet[] = ">STATE:,'\"\r\n\0\xff\x80PASSWORD:Need ";
    static const char *const starts[] = {">STATE:", ">PASSWORD:Need '", ">PASSWORD:Verif", "\r",
                                         ""};
    uint32_t random = 1;
    char bytes[512];
    for (unsigned round = 0; round < 2000; round++) {
        const char *start = starts[round % 5];
        size_t at = strlen(start);
        memcpy(bytes, start, at);
        size_t ends = 0;
        for (; at < sizeof(bytes); at++) {
            random = random * 1664525 + 1013904223;
            bytes[at] = alphabet[(random >> 8) % sizeof(alphabet)];
            ends += bytes[at] == '\n';
        }
        struct transcript *transcript = read_pieces(bytes, sizeof(bytes), 1 + round % 97);
        assert_true(transcript->count <= ends);
    }
}

static void test_command_quotes_its_texts(void **state)
{
    (void)state;
    char command[MANAGEMENT_COMMAND_MAX + 1];
    size_t length = management_command(command, "password", "Private Key", "a\"b\\c d");
    assert_string_equal(command, "password \"Private Key\" \"a\\\"b\\\\c d\"\n");
    assert_int_equal(length, strlen(command));
}

static void test_command_refuses_control_characters(void **state)
{
    (void)state;
    char command[MANAGEMENT_COMMAND_MAX + 1];
    assert_int_equal(management_command(command, "password", "Auth", "a\nsignal SIGTERM"), 0);
    assert_string_equal(command, "");
    assert_int_equal(management_command(command, "password", "A\ruth", "a"), 0);
    assert_int_equal(management_command(command, "password", "Auth", "a\x7f"), 0);
}

static void test_command_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    char command[MANAGEMENT_COMMAND_MAX + 1];
    char value[MANAGEMENT_COMMAND_MAX + 1];
    const size_t around = strlen("password \"Auth\" \"\"\n");
    memset(value, 'x', sizeof(value));
    value[MANAGEMENT_COMMAND_MAX - around] = '\0';
    assert_int_equal(management_command(command, "password", "Auth", value),
                     MANAGEMENT_COMMAND_MAX);
    value[MANAGEMENT_COMMAND_MAX - around] = 'x';
    value[MANAGEMENT_COMMAND_MAX - around + 1] = '\0';
    assert_int_equal(management_command(command, "password", "Auth", value), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conversation_is_read_whole_however_it_is_split),
        cmocka_unit_test(test_prompt_is_read_without_a_line_end),
        cmocka_unit_test(test_line_without_its_end_waits),
        cmocka_unit_test(test_question_that_we_cannot_answer_is_reported_whole),
        cmocka_unit_test(test_overlong_line_is_cut_and_the_next_one_read),
        cmocka_unit_test(test_overlong_password_line_stays_in_bounds),
        cmocka_unit_test(test_zero_bytes_become_question_marks),
        cmocka_unit_test(test_hostile_bytes_do_no_harm),
        cmocka_unit_test(test_command_quotes_its_texts),
        cmocka_unit_test(test_command_refuses_control_characters),
        cmocka_unit_test(test_command_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
