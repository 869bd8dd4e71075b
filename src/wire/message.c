/* SPDX-License-Identifier: MIT */
#include "wire/message.h"

#include "base/errors.h"
#include "wire/dialect.h"
#include "wire/layout.h"

#include <string.h>

enum { NO_ID = -1 };

uint32_t message_decode(struct message_layout *layout, const void *bytes, size_t size,
                        struct message *message)
{
    memset(message, 0, sizeof(*message));
    if (!dialect_learn_machine(layout, bytes, size)) {
        message->id = NO_ID;
        return ERROR_MESSAGE_DATA;
    }
    message->id = layout_read_header(layout->machine, bytes).id;
    uint32_t error = dialect_learn_kind(layout, bytes, size, &message->kind);
    if (error)
        return error;
    layout_read_fields(layout_row(message->kind)->format, layout->machine, bytes, message);
    return 0;
}

size_t message_encode(const struct message_layout *layout, const struct message *message,
                      void *bytes, size_t capacity)
{
    const struct message_row *row = layout_row(message->kind);
    size_t size = row->format->size[layout->machine];
    int32_t type = row->type[layout->dialect];
    if (type == NO_TYPE || size > capacity)
        return 0;
    memset(bytes, 0, size);
    const struct header header = {.type = type, .size = size, .id = message->id};
    layout_write_header(layout->machine, &header, bytes);
    layout_write_fields(row->format, layout->machine, message, bytes);
    return size;
}

const char *message_name(enum message_kind kind)
{
    return layout_row(kind)->name;
}
