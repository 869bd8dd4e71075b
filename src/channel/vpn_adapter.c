/* SPDX-License-Identifier: MIT */
#include "channel/vpn_adapter.h"

#include "base/errors.h"
#include "base/log.h"
#include "channel/arguments.h"
#include "policy/vpn_adapters.h"
#include "resource/tcpip_registry.h"

#include <stdio.h>

/* Logged once a session: a client could fill the log otherwise. */
static uint32_t refuse_adapter(struct channel *channel, enum message_kind kind,
                               const char16_t *guid, const char *why)
{
    char guid_text[3 * GUID_UNITS];
    channel->outcome.is_logged = true;
    if (channel->has_refused)
        return ERROR_ACCESS_DENIED;
    channel->has_refused = true;
    text_to_line(guid, guid_text, sizeof(guid_text));
    return log_error_of(LOG_REQUEST_REFUSED, ERROR_ACCESS_DENIED,
                        "%s of process %lu refused: interface %s %s", message_name(kind),
                        (unsigned long)channel->options.process_id, guid_text, why);
}

static uint32_t refuse_driver(struct channel *channel, enum message_kind kind, const char16_t *guid,
                              const char16_t *component)
{
    char driver[64], why[96];
    text_to_line(component ? component : u"unknown", driver, sizeof(driver));
    snprintf(why, sizeof(why), "(%s) is no VPN adapter", driver);
    return refuse_adapter(channel, kind, guid, why);
}

static uint32_t refuse_owned(struct channel *channel, enum message_kind kind, uint64_t luid)
{
    char16_t guid[GUID_UNITS] = u"";
    channel->network->get_guid(channel->network, luid, guid);
    return refuse_adapter(channel, kind, guid, "is used by a connection of another user");
}

static uint32_t take_adapter(struct channel *channel, enum message_kind kind, uint64_t luid)
{
    const struct channel_options *options = &channel->options;
    bool is_new = false;
    if (options->owners && !adapter_own(options->owners, channel, options->user, luid, &is_new))
        return refuse_owned(channel, kind, luid);
    channel->taken_luid = is_new ? luid : 0;
    channel->asked_luid = luid;
    if (options->tally)
        options->tally->adapter_luid = luid;
    return 0;
}

/* Of an interface that is not the last one that was found to be a VPN adapter. */
static uint32_t check_driver(struct channel *channel, enum message_kind kind, uint64_t luid)
{
    struct network *network = channel->network;
    CLEANUP_FREE char16_t *component = NULL;
    char16_t guid[GUID_UNITS];
    uint32_t error = network->get_guid(network, luid, guid);
    if (!error)
        error = registry_read_component(network->registry, guid, &component);
    if (error)
        return error;
    if (!component || !vpn_adapters_include(channel->options.vpn_adapters, component))
        return refuse_driver(channel, kind, guid, component);
    channel->vpn_luid = luid;
    return 0;
}

/* No such interface is no error here: the handler returns its own for that. */
static uint32_t find_interface_if_any(struct channel *channel,
                                      const struct message_interface *interface, uint64_t *luid)
{
    uint32_t error = argument_interface(channel->network, interface, luid);
    *luid = error ? 0 : *luid;
    return error == ERROR_FILE_NOT_FOUND || error == ERROR_INVALID_PARAMETER ? 0 : error;
}

uint32_t vpn_adapter_check(struct channel *channel, enum message_kind kind,
                           const struct message_interface *interface)
{
    uint64_t luid;
    if (vpn_adapters_are_all(channel->options.vpn_adapters))
        return 0;
    uint32_t error = find_interface_if_any(channel, interface, &luid);
    if (!error && luid && luid != channel->vpn_luid)
        error = check_driver(channel, kind, luid);
    return error || !luid ? error : take_adapter(channel, kind, luid);
}

uint32_t vpn_adapter_check_owner(struct channel *channel, enum message_kind kind,
                                 const struct message_interface *interface)
{
    const struct channel_options *options = &channel->options;
    uint64_t luid;
    if (!options->owners || !owners_include_others(options->owners, options->user))
        return 0;
    uint32_t error = find_interface_if_any(channel, interface, &luid);
    if (error || !luid || !adapter_is_owned_by_other(options->owners, options->user, luid))
        return error;
    return refuse_owned(channel, kind, luid);
}

void vpn_adapter_give_back(struct channel *channel)
{
    if (channel->taken_luid)
        adapter_disown(channel->options.owners, channel, channel->taken_luid);
}
