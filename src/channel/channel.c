/* SPDX-License-Identifier: MIT */
#include "channel/channel.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "base/lock.h"
#include "base/log.h"
#include "channel/address.h"
#include "channel/block.h"
#include "channel/dhcp.h"
#include "channel/dns.h"
#include "channel/mtu.h"
#include "channel/neighbors.h"
#include "channel/nrpt.h"
#include "channel/outcome.h"
#include "channel/programs.h"
#include "channel/route.h"
#include "channel/tunnel.h"
#include "channel/vpn_adapter.h"
#include "channel/wins.h"
#include "system/dns_client.h"

#include <string.h>
#include <sys/time.h> /* MinGW has it, too */

enum scope {
    NO_INTERFACE,
    ANY_INTERFACE, /* for routes, as the one to the VPN server is not on the VPN adapter */
    VPN_ADAPTER,
    VPN_ADAPTER_BY_NAME /* the message's index is ignored */
};

struct request {
    uint32_t (*handler)(struct channel *channel, const struct message *message);
    enum scope scope;
    size_t interface;  /* offset in struct message */
    bool makes_tunnel; /* the adapter is the session's tunnel from now on */
};

#define OF(member)          .interface = offsetof(struct message, member.interface)
#define NONE                .scope = NO_INTERFACE
#define ANY(member)         .scope = ANY_INTERFACE, OF(member)
#define VPN(member)         .scope = VPN_ADAPTER, OF(member)
#define VPN_BY_NAME(member) .scope = VPN_ADAPTER_BY_NAME, OF(member)
#define MAKES_TUNNEL        .makes_tunnel = true

/* One row for each kind of message. A kind without one is acknowledged as an unknown type; so are
 * ring buffers, on purpose (docs/protocol.md, "Ring buffers"). */
static const struct request requests[MESSAGE_KIND_COUNT] = {
    [MESSAGE_ADD_ADDRESS] = {.handler = handle_add_address, VPN(address), MAKES_TUNNEL},
    [MESSAGE_DELETE_ADDRESS] = {.handler = handle_delete_address, VPN(address)},
    [MESSAGE_ADD_ROUTE] = {.handler = handle_add_route, ANY(route)},
    [MESSAGE_DELETE_ROUTE] = {.handler = handle_delete_route, ANY(route)},
    [MESSAGE_ADD_DNS] = {.handler = handle_add_dns, VPN_BY_NAME(dns), MAKES_TUNNEL},
    [MESSAGE_DELETE_DNS] = {.handler = handle_delete_dns, VPN_BY_NAME(dns)},
    [MESSAGE_ADD_NRPT] = {.handler = handle_add_nrpt, VPN_BY_NAME(nrpt), MAKES_TUNNEL},
    [MESSAGE_DELETE_NRPT] = {.handler = handle_delete_nrpt, VPN_BY_NAME(nrpt)},
    [MESSAGE_FLUSH_NEIGHBORS] = {.handler = handle_flush_neighbors, VPN(flush), MAKES_TUNNEL},
    [MESSAGE_ADD_BLOCK_DNS] = {.handler = handle_add_block_dns, VPN(block_dns)},
    [MESSAGE_DELETE_BLOCK_DNS] = {.handler = handle_delete_block, VPN(block_dns)},
    [MESSAGE_ADD_WFP_BLOCK] = {.handler = handle_add_wfp_block, VPN(wfp_block)},
    [MESSAGE_DELETE_WFP_BLOCK] = {.handler = handle_delete_block, VPN(wfp_block)},
    [MESSAGE_REGISTER_DNS] = {.handler = handle_register_dns, NONE},
    [MESSAGE_ENABLE_DHCP] = {.handler = handle_enable_dhcp, VPN(dhcp), MAKES_TUNNEL},
    [MESSAGE_SET_MTU] = {.handler = handle_set_mtu, VPN(mtu), MAKES_TUNNEL},
    [MESSAGE_ADD_WINS] = {.handler = handle_add_wins, VPN(wins), MAKES_TUNNEL},
    [MESSAGE_DELETE_WINS] = {.handler = handle_delete_wins, VPN(wins)},
    [MESSAGE_CREATE_ADAPTER] = {.handler = handle_create_adapter, NONE},
};

/* The ledger may still hold changes of an earlier process under its session ids, so no id may occur
 * twice. The first id is the time in milliseconds, shifted: a process that starts one millisecond
 * later begins four million ids further on. */
static uint64_t new_session_id(void)
{
    enum { SESSION_BITS = 22 };
    static struct lock lock;
    static uint64_t last;
    struct timeval now;
    lock_acquire(&lock);
    if (!last && !gettimeofday(&now, NULL))
        last = ((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_usec / 1000) << SESSION_BITS;
    const uint64_t id = ++last;
    lock_release(&lock);
    return id;
}

void channel_open(struct channel *channel, struct ledger *ledger, struct network *network,
                  const struct message_layout *layout, const struct channel_options *options)
{
    memset(channel, 0, sizeof(*channel));
    channel->ledger = ledger;
    channel->network = network;
    channel->layout = *layout;
    channel->options = *options;
    channel->session.id = new_session_id();
    channel->session.user = options->user;
    if (options->tally) {
        channel->session.note = tally_note_claim;
        channel->session.note_context = options->tally;
    }
    channel->domains.ledger = ledger;
    channel->domains.session = &channel->session;
    channel->domains.network = network;
}

static uint32_t check_scope(struct channel *channel, const struct request *request,
                            const struct message *message)
{
    const void *at = (const char *)message + request->interface;
    if (request->scope == NO_INTERFACE)
        return 0;
    struct message_interface interface = *(const struct message_interface *)at;
    if (request->scope == VPN_ADAPTER_BY_NAME)
        interface.index = (uint32_t)INTERFACE_BY_NAME;
    if (request->scope == ANY_INTERFACE)
        return vpn_adapter_check_owner(channel, message->kind, &interface);
    return vpn_adapter_check(channel, message->kind, &interface);
}

static uint32_t handle_message(struct channel *channel, const struct message *message)
{
    const struct request *request = &requests[message->kind];
    if (!request->handler)
        return ERROR_MESSAGE_TYPE;
    channel->outcome = (struct channel_outcome){0};
    channel->taken_luid = channel->asked_luid = 0;
    uint32_t error = check_scope(channel, request, message);
    if (!error && request->makes_tunnel)
        error = tunnel_open(channel, message->kind);
    if (!error)
        error = request->handler(channel, message);
    tunnel_settle(channel, !error || error == ERROR_OBJECT_ALREADY_EXISTS);
    if (error)
        vpn_adapter_give_back(channel);
    outcome_log(channel, message->kind, error);
    return error;
}

/* An unknown type means that the versions of openvpn.exe and of the service do not match. Limited,
 * since a hostile openvpn.exe could fill the log. The type is the first field on every machine. */
static void log_unknown_type(struct channel *channel, bool is_rings, const void *bytes)
{
    if (channel->unknown_types == CHANNEL_UNKNOWN_TYPES)
        return;
    channel->unknown_types++;
    const char *end =
        channel->unknown_types == CHANNEL_UNKNOWN_TYPES ? "; further ones are not logged" : "";
    if (is_rings)
        log_error_of(
            LOG_REQUEST_REFUSED, 0,
            "Ring buffers of the driver wintun are not served. In the configuration of "
            "openvpn.exe (process %lu) use another driver: windows-driver tap-windows6, or "
            "from 2.6 on ovpn-dco%s",
            (unsigned long)channel->options.process_id, end);
    else
        log_error(0, "Unknown message type %d%s", (int)(int32_t)load_u32(bytes), end);
}

/* The machine decides the layout; the dialect does not matter for acknowledgements. */
static size_t write_acknowledgement(const struct channel *channel, int32_t id, uint32_t error,
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
    const bool is_known = !error;
    if (is_known)
        error = handle_message(channel, &message);
    else if (error == ERROR_MESSAGE_DATA)
        outcome_log_malformed(channel, bytes, size);
    if (error == ERROR_MESSAGE_TYPE)
        log_unknown_type(channel, is_known && message.kind == MESSAGE_REGISTER_RING_BUFFERS, bytes);
    *acknowledgement_size = write_acknowledgement(channel, message.id, error, acknowledgement);
    return true;
}

void channel_close_tunnel(struct channel *channel)
{
    tunnel_close(channel);
}

size_t channel_close(struct channel *channel)
{
    tunnel_close(channel);
    channel->block_count = 0;
    channel->nrpt = (struct channel_nrpt){0};
    ledger_undo(channel->ledger, &channel->session);
    dns_client_apply(channel->network, false);
    ledger_flush(channel->ledger);
    if (channel->options.owners)
        adapters_disown(channel->options.owners, channel);
    return ledger_left(channel->ledger);
}
