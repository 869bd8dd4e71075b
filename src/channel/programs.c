/* SPDX-License-Identifier: MIT */
#include "channel/programs.h"

#include "base/array.h"
#include "base/errors.h"
#include "system/programs.h"

uint32_t handle_register_dns(struct channel *channel, const struct message *message)
{
    struct programs *programs = channel->network->programs;
    (void)message;
    return programs->register_dns(programs);
}

uint32_t handle_create_adapter(struct channel *channel, const struct message *message)
{
    enum { TAPCTL_MILLISECONDS = 10000 };
    static const char16_t *const arguments[] = {
        u"create --hwid ovpn-dco",
        u"create --hwid root\\tap0901",
    };
    struct programs *programs = channel->network->programs;
    uint32_t type = message->create_adapter.adapter_type;
    if (type >= ARRAY_COUNT(arguments))
        return ERROR_INVALID_PARAMETER;
    if (channel->adapter_count == CHANNEL_ADAPTERS)
        return ERROR_NOT_ENOUGH_QUOTA;
    channel->adapter_count++;
    return programs->run(programs, PROGRAM_TAPCTL, arguments[type], TAPCTL_MILLISECONDS);
}
