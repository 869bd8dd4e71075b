/* SPDX-License-Identifier: MIT */
/* decode_copy.h: message_decode() on a copy, so that the sanitizer sees reads beyond the
 * message. */
#ifndef TESTS_UNIT_DECODE_COPY_H
#define TESTS_UNIT_DECODE_COPY_H

#include "tests/unit/cmocka_test.h"
#include "wire/message.h"

#include <stdlib.h>
#include <string.h>

/* The copy ends where the message ends. */
static inline uint32_t decode_copy(struct message_layout *layout, const uint8_t *bytes, size_t size,
                                   struct message *message)
{
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    uint32_t error = message_decode(layout, copy, size, message);
    free(copy);
    return error;
}

#endif
