/* SPDX-License-Identifier: MIT */
#include "base/uuid.h"

#include "base/sha1.h"
#include "base/text.h"

#include <string.h>

enum { UUID_UNITS = 36 };

bool uuid_parse(const char16_t *text, struct uuid *uuid)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    unsigned digits = 0;
    *uuid = (struct uuid){{0}};
    if (text_length(text) != UUID_UNITS)
        return false;
    for (unsigned i = 0; i < UUID_UNITS; i++) {
        const unsigned value = text_digit_value(text[i]);
        if (form[i] == 'x' ? value == TEXT_NO_DIGIT : text[i] != '-')
            return false;
        if (form[i] != 'x')
            continue;
        uint8_t *byte = &uuid->bytes[digits++ / 2];
        *byte = (uint8_t)((unsigned)*byte << 4 | value);
    }
    return true;
}

/* RFC 9562, 5.5. */
struct uuid uuid_of_name(const struct uuid *space, const void *name, size_t size)
{
    struct sha1 sha1;
    struct uuid uuid;
    uint8_t value[SHA1_SIZE];
    sha1_begin(&sha1);
    sha1_add(&sha1, space->bytes, sizeof(space->bytes));
    sha1_add(&sha1, name, size);
    sha1_end(&sha1, value);
    memcpy(uuid.bytes, value, sizeof(uuid.bytes));
    uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0F) | 5 << 4); /* the version */
    uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3F) | 0x80);   /* the variant */
    return uuid;
}
