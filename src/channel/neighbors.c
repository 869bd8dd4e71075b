/* SPDX-License-Identifier: MIT */
/* flush_neighbors: what the neighbour cache forgets it learns again, so nothing is undone. */
#include "channel/handlers.h"

uint32_t neighbors_flush(struct channel *channel, const struct message *message)
{
    struct network *network = channel->network;
    uint64_t luid;
    uint32_t error = interface_luid(network, &message->flush.interface, &luid);
    if (error)
        return error;
    return network->flush_neighbors(network, luid, (uint16_t)message->flush.family);
}
