/* SPDX-License-Identifier: MIT */
/* Defects of the channel to openvpn.exe. */
#include "base/errors.h"
#include "tests/mutants/switches.h"
#include "wire/message.h"

#include <stdlib.h>
#include <string.h>

uint32_t __real_message_decode(struct message_layout *layout, const void *bytes, size_t size,
                               struct message *message);
uint32_t __wrap_message_decode(struct message_layout *layout, const void *bytes, size_t size,
                               struct message *message);
size_t __real_message_encode(const struct message_layout *layout, const struct message *message,
                             void *bytes, size_t capacity);
size_t __wrap_message_encode(const struct message_layout *layout, const struct message *message,
                             void *bytes, size_t capacity);

enum { SIZE_AT_X64 = 8, SIZE_AT_X86 = 4, HEADER_X64 = 24, HEADER_X86 = 12 };

/* Decodes a copy whose size field is right. */
static uint32_t mutant_decode_without_size(struct message_layout *layout, const void *bytes,
                                           size_t size, struct message *message)
{
    bool is_x64 = layout->machine == MACHINE_X64;
    uint64_t said = size;
    unsigned char *copy;
    if (size < (is_x64 ? HEADER_X64 : HEADER_X86) || !(copy = malloc(size)))
        return __real_message_decode(layout, bytes, size, message);
    memcpy(copy, bytes, size);
    memcpy(copy + (is_x64 ? SIZE_AT_X64 : SIZE_AT_X86), &said, is_x64 ? 8 : 4);
    uint32_t error = __real_message_decode(layout, copy, size, message);
    free(copy);
    return error;
}

uint32_t __wrap_message_decode(struct message_layout *layout, const void *bytes, size_t size,
                               struct message *message)
{
    uint32_t error = __real_message_decode(layout, bytes, size, message);
    if (error == ERROR_MESSAGE_DATA && mutant_has(L"no-size-check"))
        error = mutant_decode_without_size(layout, bytes, size, message);
    if (error == ERROR_MESSAGE_DATA && mutant_has(L"dies-of-garbage"))
        abort();
    if (error == ERROR_MESSAGE_TYPE && mutant_has(L"unknown-types-are-malformed"))
        error = ERROR_MESSAGE_DATA;
    return error;
}

size_t __wrap_message_encode(const struct message_layout *layout, const struct message *message,
                             void *bytes, size_t capacity)
{
    struct message changed = *message;
    if (mutant_has(L"always-acknowledges-success"))
        changed.acknowledgement.error = 0;
    return __real_message_encode(layout, &changed, bytes, capacity);
}
