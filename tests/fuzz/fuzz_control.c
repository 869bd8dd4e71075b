/* SPDX-License-Identifier: MIT */
/* Requests and replies of the control pipe: any bytes, and what was written from any text. */
#include "tests/fuzz/fuzz.h"
#include "wire/control_reply.h"
#include "wire/control_request.h"

static void check_request(const uint8_t *data, size_t size)
{
    struct control_request request;
    char16_t again[CONTROL_REQUEST_MAX_UNITS];
    CLEANUP_FREE char16_t *units = malloc(size ? size : 1);
    FUZZ_REQUIRE(units);
    if (size)
        memcpy(units, data, size);
    if (control_request_decode(units, size, &request))
        return;
    FUZZ_REQUIRE(control_request_encode(&request, again, CONTROL_REQUEST_MAX_UNITS) == size);
    FUZZ_REQUIRE(memcmp(again, units, size) == 0);
}

/* Writes what was read: the same bytes. */
static void check_reply(const uint8_t *data, size_t size)
{
    static char16_t again[CONTROL_REPLY_MAX_UNITS];
    struct control_answer answer;
    struct control_reply reply;
    const size_t length = size / sizeof(char16_t);
    const char16_t *key, *value;
    CLEANUP_FREE char16_t *units = malloc(length ? length * sizeof(*units) : 1);
    FUZZ_REQUIRE(units);
    if (length)
        memcpy(units, data, length * sizeof(*units));
    if (!control_answer_read(units, length, &answer))
        return;
    control_reply_begin(&reply, again, CONTROL_REPLY_MAX_UNITS, answer.code, answer.name);
    for (enum control_item item = CONTROL_RECORD; item != CONTROL_END;
         item = control_answer_next(&answer, &key, &value)) {
        if (item == CONTROL_RECORD && answer.next != answer.end) {
            control_reply_record(&reply);
        } else if (item == CONTROL_VALUE) {
            char ascii[CONTROL_REPLY_MAX_UNITS];
            FUZZ_REQUIRE(text_to_utf8(key, text_length(key) + 1, ascii, sizeof(ascii)) <=
                         sizeof(ascii));
            control_reply_text(&reply, ascii, value);
        }
    }
    FUZZ_REQUIRE(!reply.is_full && reply.length == length);
    FUZZ_REQUIRE(memcmp(again, data, length * sizeof(*again)) == 0);
}

/* Whatever a text holds, its line is read again, and is one line. */
static void check_value(struct input *input)
{
    enum { CAPACITY = 4096 };
    char16_t units[CAPACITY];
    struct control_reply reply;
    struct control_answer answer;
    const char16_t *key, *value;
    CLEANUP_FREE char16_t *text = input_text(input);
    const size_t length = text_length(text);
    control_reply_begin(&reply, units, CAPACITY, 0, u"status");
    control_reply_record(&reply);
    control_reply_text(&reply, "key", text);
    if (reply.is_full)
        return;
    FUZZ_REQUIRE(control_answer_read(units, reply.length, &answer));
    FUZZ_REQUIRE(control_answer_next(&answer, &key, &value) == CONTROL_VALUE);
    FUZZ_REQUIRE(text_length(value) == length);
    FUZZ_REQUIRE(!text_is_well_formed(text, length) || text_equal(value, text));
    FUZZ_REQUIRE(control_answer_next(&answer, &key, &value) == CONTROL_END);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    check_request(data, size);
    check_reply(data, size);
    check_value(&input);
    return 0;
}
