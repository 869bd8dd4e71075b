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

/* Adapters stay, so a session may make few, and all sessions of a user together, too. A failure is
 * given back to the session, but counts for the user: tapctl may have made an adapter and then
 * failed. */
static bool adapter_take(struct channel *channel)
{
    atomic_uint *of_user = channel->options.adapters;
    if (channel->adapter_count == CHANNEL_ADAPTERS)
        return false;
    if (of_user && atomic_fetch_add(of_user, 1) >= CHANNEL_USER_ADAPTERS) {
        atomic_fetch_sub(of_user, 1);
        return false;
    }
    channel->adapter_count++;
    return true;
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
    if (!adapter_take(channel))
        return ERROR_NOT_ENOUGH_QUOTA;
    uint32_t error = programs->run(programs, PROGRAM_TAPCTL, arguments[type], TAPCTL_MILLISECONDS);
    if (error)
        channel->adapter_count--;
    return error;
}
