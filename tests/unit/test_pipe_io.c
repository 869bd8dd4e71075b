/* SPDX-License-Identifier: MIT */
/* What a server's end knows of what its client has read. */
#include "tests/unit/cmocka_test.h"

#include "base/text.h"
#include "base/win32/handles.h"
#include "service/pipe_io.h"
#include "service/pipe_name.h"

#include <string.h>

#define SECURITY u"O:BAD:(A;OICI;GA;;;WD)"

enum { HANG_MILLISECONDS = 60000, SHORT_MILLISECONDS = 50 };

/* Both ends of a pipe. */
struct ends {
    struct pipe server;
    HANDLE client;
};

static void connect_ends(struct ends *ends)
{
    static unsigned made;
    char16_t name[64];
    struct text text = TEXT_ON(name);
    HANDLE instance = NULL;
    DWORD mode = PIPE_READMODE_MESSAGE;
    memset(ends, 0, sizeof(*ends));
    text_append_format(&text, "\\\\.\\pipe\\gatehouse-test-io-%lu-%u",
                       (unsigned long)GetCurrentProcessId(), ++made);
    assert_int_equal(pipe_name_take(name, SECURITY, &instance), 0);
    ends->client = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(ends->client, INVALID_HANDLE_VALUE);
    assert_true(SetNamedPipeHandleState(ends->client, &mode, NULL, NULL));
    assert_int_equal(pipe_open(&ends->server, instance), 0);
}

static void close_ends(struct ends *ends)
{
    pipe_disconnect(&ends->server);
    close_handle(&ends->client);
}

static void assert_client_reads(struct ends *ends, const char *message)
{
    char buffer[64];
    DWORD size = 0;
    assert_true(ReadFile(ends->client, buffer, sizeof(buffer), &size, NULL));
    assert_int_equal(size, strlen(message));
    assert_memory_equal(buffer, message, size);
}

static void test_a_write_ends_when_it_is_read(void **state)
{
    struct ends ends;
    (void)state;
    connect_ends(&ends);
    pipe_write_begin(&ends.server, "one", 3);
    assert_client_reads(&ends, "one");
    assert_int_equal(pipe_write_end(&ends.server, HANG_MILLISECONDS), 0);
    close_ends(&ends);
}

static void test_a_write_that_nobody_reads_is_cancelled(void **state)
{
    struct ends ends;
    (void)state;
    connect_ends(&ends);
    pipe_write_begin(&ends.server, "one", 3);
    assert_int_equal(pipe_write_end(&ends.server, SHORT_MILLISECONDS), WAIT_TIMEOUT);
    pipe_write_begin(&ends.server, "three", 5);
    assert_client_reads(&ends, "three");
    assert_int_equal(pipe_write_end(&ends.server, HANG_MILLISECONDS), 0);
    close_ends(&ends);
}

static void test_two_writes_end_when_both_are_read(void **state)
{
    struct ends ends;
    (void)state;
    connect_ends(&ends);
    pipe_write_begin(&ends.server, "one", 3);
    pipe_write_begin(&ends.server, "three", 5);
    assert_client_reads(&ends, "one");
    assert_client_reads(&ends, "three");
    assert_int_equal(pipe_write_end(&ends.server, HANG_MILLISECONDS), 0);
    close_ends(&ends);
}

static void test_two_writes_of_which_one_is_read_have_not_ended(void **state)
{
    struct ends ends;
    (void)state;
    connect_ends(&ends);
    pipe_write_begin(&ends.server, "one", 3);
    pipe_write_begin(&ends.server, "three", 5);
    assert_client_reads(&ends, "one");
    assert_int_equal(pipe_write_end(&ends.server, SHORT_MILLISECONDS), WAIT_TIMEOUT);
    close_ends(&ends);
}

static void test_a_write_ends_when_the_client_has_gone(void **state)
{
    struct ends ends;
    (void)state;
    connect_ends(&ends);
    pipe_write_begin(&ends.server, "one", 3);
    close_handle(&ends.client);
    uint32_t error = pipe_write_end(&ends.server, HANG_MILLISECONDS);
    assert_int_not_equal(error, 0);
    assert_int_not_equal(error, WAIT_TIMEOUT);
    close_ends(&ends);
}

static void test_a_pipe_without_a_write_has_none_to_wait_for(void **state)
{
    struct ends ends;
    (void)state;
    connect_ends(&ends);
    assert_int_equal(pipe_write_end(&ends.server, HANG_MILLISECONDS), 0);
    close_ends(&ends);
}

/* Why a session waits in the thread that has begun its replies. */
static DWORD WINAPI begin_to_write(void *context)
{
    struct ends *ends = context;
    pipe_write_begin(&ends->server, "one", 3);
    return 0;
}

static void test_a_write_is_cancelled_when_its_thread_ends(void **state)
{
    struct ends ends;
    (void)state;
    connect_ends(&ends);
    CLEANUP_HANDLE HANDLE thread = CreateThread(NULL, 0, begin_to_write, &ends, 0, NULL);
    assert_non_null(thread);
    assert_int_equal(WaitForSingleObject(thread, HANG_MILLISECONDS), WAIT_OBJECT_0);
    pipe_write_begin(&ends.server, "three", 5);
    assert_client_reads(&ends, "three");
    close_ends(&ends);
}

static void test_a_disconnected_client_reads_nothing_more(void **state)
{
    struct ends ends;
    char buffer[64];
    DWORD size = 0;
    (void)state;
    connect_ends(&ends);
    pipe_write_begin(&ends.server, "one", 3);
    pipe_disconnect(&ends.server);
    assert_false(ReadFile(ends.client, buffer, sizeof(buffer), &size, NULL));
    assert_int_equal(GetLastError(), ERROR_PIPE_NOT_CONNECTED);
    close_ends(&ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_write_ends_when_it_is_read),
        cmocka_unit_test(test_a_write_that_nobody_reads_is_cancelled),
        cmocka_unit_test(test_two_writes_end_when_both_are_read),
        cmocka_unit_test(test_two_writes_of_which_one_is_read_have_not_ended),
        cmocka_unit_test(test_a_write_ends_when_the_client_has_gone),
        cmocka_unit_test(test_a_pipe_without_a_write_has_none_to_wait_for),
        cmocka_unit_test(test_a_write_is_cancelled_when_its_thread_ends),
        cmocka_unit_test(test_a_disconnected_client_reads_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
