/* SPDX-License-Identifier: MIT */
#include "channel/vpn_adapter.h"

#include "base/errors.h"
#include "base/log.h"
#include "channel/arguments.h"
#include "policy/vpn_adapters.h"
#include "resource/tcpip_registry.h"

/* Logged once a session: a client could fill the log otherwise. */
static uint32_t refuse_adapter(struct channel *channel, enum message_kind kind,
                               const char16_t *guid, const char16_t *component)
{
    char guid_text[3 * GUID_UNITS], component_text[64];
    channel->outcome.is_logged = true;
    if (channel->has_refused)
        return ERROR_ACCESS_DENIED;
    channel->has_refused = true;
    text_to_line(guid, guid_text, sizeof(guid_text));
    text_to_line(component, component_text, sizeof(component_text));
    return log_error(
        ERROR_ACCESS_DENIED, "%s of process %lu refused: interface %s (%s) is no VPN adapter",
        message_name(kind), (unsigned long)channel->options.process_id, guid_text, component_text);
}

uint32_t vpn_adapter_check(struct channel *channel, enum message_kind kind,
                           const struct message_interface *interface)
{
    struct network *network = channel->network;
    CLEANUP_FREE char16_t *component = NULL;
    char16_t guid[GUID_UNITS];
    uint64_t luid;
    if (vpn_adapters_are_all(channel->options.vpn_adapters))
        return 0;
    uint32_t error = argument_interface(network, interface, &luid);
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_INVALID_PARAMETER)
        return 0; /* there is no such interface: the handler returns its own error for that */
    if (error)
        return error;
    if (channel->vpn_luid && luid == channel->vpn_luid)
        return 0;
    error = network->get_guid(network, luid, guid);
    if (!error)
        error = registry_read_component(network->registry, guid, &component);
    if (error)
        return error;
    if (!component || !vpn_adapters_include(channel->options.vpn_adapters, component))
        return refuse_adapter(channel, kind, guid, component ? component : u"unknown");
    channel->vpn_luid = luid;
    return 0;
}
