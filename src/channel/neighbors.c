/* SPDX-License-Identifier: MIT */
#include "channel/neighbors.h"

#include "channel/arguments.h"

uint32_t handle_flush_neighbors(struct channel *channel, const struct message *message)
{
    struct network *network = channel->network;
    uint64_t luid;
    uint32_t error = argument_family(message->flush.family); /* Windows takes others for both */
    if (!error)
        error = argument_interface(network, &message->flush.interface, &luid);
    if (error)
        return error;
    return network->flush_neighbors(network, luid, (uint16_t)message->flush.family);
}
