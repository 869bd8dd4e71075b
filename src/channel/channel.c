/* SPDX-License-Identifier: MIT */
#include "channel/channel.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "base/log.h"
#include "channel/handlers.h"

#include <string.h>

/* One row a kind of message; without a row it is answered as an unknown type. */
static message_handler *const handlers[MESSAGE_KIND_COUNT] = {
    [MESSAGE_ADD_ADDRESS] = address_add,
    [MESSAGE_DELETE_ADDRESS] = address_delete,
    [MESSAGE_ADD_ROUTE] = route_add,
    [MESSAGE_DELETE_ROUTE] = route_delete,
};

struct ledger *channel_ledger_create(struct network *network)
{
    return ledger_create(network);
}

void channel_open(struct channel *channel, struct ledger *ledger, struct network *network,
                  const struct message_layout *layout)
{
    memset(channel, 0, sizeof(*channel));
    channel->ledger = ledger;
    channel->network = network;
    channel->layout = *layout;
}

static uint32_t handle(struct channel *channel, const struct message *message)
{
    message_handler *handler = handlers[message->kind];
    return handler ? handler(channel, message) : ERROR_MESSAGE_TYPE;
}

/* Tells of versions that do not fit together; a hostile openvpn.exe shall not fill the log with it.
 * The type comes first in the header of every machine. */
static void log_unknown_type(struct channel *channel, const void *bytes)
{
    if (channel->unknown_types == CHANNEL_UNKNOWN_TYPES)
        return;
    channel->unknown_types++;
    log_error(0, "Unknown message type %d%s", (int)(int32_t)load_u32(bytes),
              channel->unknown_types == CHANNEL_UNKNOWN_TYPES ? "; further ones are not logged"
                                                              : "");
}

/* In the session's layout, as far as it is known: acknowledgements are alike in every dialect. */
static size_t acknowledge(const struct channel *channel, int32_t id, uint32_t error,
                          unsigned char acknowledgement[ACKNOWLEDGEMENT_MAX_SIZE])
{
    struct message_layout layout = channel->layout;
    const struct message message = {
        .kind = MESSAGE_ACKNOWLEDGEMENT,
        .id = id,
        .acknowledgement = {.error = (int32_t)error},
    };
    if (layout.dialect == DIALECT_UNKNOWN)
        layout.dialect = DIALECT_2_7;
    return message_encode(&layout, &message, acknowledgement, ACKNOWLEDGEMENT_MAX_SIZE);
}

bool channel_serve(struct channel *channel, const void *bytes, size_t size,
                   unsigned char acknowledgement[ACKNOWLEDGEMENT_MAX_SIZE],
                   size_t *acknowledgement_size)
{
    struct message message;
    if (!size || size > MESSAGE_MAX_SIZE)
        return false;
    uint32_t error = message_decode(&channel->layout, bytes, size, &message);
    if (!error)
        error = handle(channel, &message);
    if (error == ERROR_MESSAGE_TYPE)
        log_unknown_type(channel, bytes);
    *acknowledgement_size = acknowledge(channel, message.id, error, acknowledgement);
    return true;
}

size_t channel_close(struct channel *channel)
{
    return ledger_undo(channel->ledger, &channel->changes);
}
