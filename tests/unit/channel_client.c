/* SPDX-License-Identifier: MIT */
#include "tests/unit/channel_client.h"

#include <stdlib.h>
#include <string.h>

const struct message_layout client_layout = {.machine = MACHINE_X64, .dialect = DIALECT_2_7};
const struct channel_options client_options = {.process_id = 4242, .vpn_adapters = u"*"};

/* Not an assertion of cmocka, because other threads call this, too. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

uint32_t client_send(struct channel *channel, const struct message *message)
{
    unsigned char bytes[MESSAGE_MAX_SIZE], answer[ACKNOWLEDGEMENT_MAX_SIZE];
    struct message_layout layout = client_layout;
    struct message acknowledgement;
    size_t answer_size = 0, size = message_encode(&client_layout, message, bytes, sizeof(bytes));
    MUST(size);
    MUST(channel_serve(channel, bytes, size, answer, &answer_size));
    MUST(message_decode(&layout, answer, answer_size, &acknowledgement) == 0);
    MUST(acknowledgement.kind == MESSAGE_ACKNOWLEDGEMENT);
    MUST(acknowledgement.id == message->id);
    return (uint32_t)acknowledgement.acknowledgement.error;
}

static struct message_ip message_ip(struct v4 v4)
{
    struct message_ip ip = {{0}};
    memcpy(ip.bytes, v4.bytes, sizeof(v4.bytes));
    return ip;
}

struct message route_message(enum message_kind kind, uint32_t interface, struct v4 prefix,
                             int32_t prefix_length, struct v4 gateway, int32_t metric)
{
    return (struct message){
        .kind = kind,
        .id = 7,
        .route = {.family = FAMILY_IPV4,
                  .prefix = message_ip(prefix),
                  .prefix_length = prefix_length,
                  .gateway = message_ip(gateway),
                  .interface.index = interface,
                  .metric = metric},
    };
}

struct message address_message(enum message_kind kind, uint32_t interface, struct v4 address,
                               int32_t prefix_length)
{
    return (struct message){
        .kind = kind,
        .id = 7,
        .address = {.family = FAMILY_IPV4,
                    .address = message_ip(address),
                    .prefix_length = prefix_length,
                    .interface.index = interface},
    };
}

static struct ip ip_of_message(int16_t family, const struct message_ip *address)
{
    struct ip ip = {.family = (uint16_t)family};
    memcpy(ip.bytes, address->bytes, family == FAMILY_IPV4 ? 4 : 16);
    return ip;
}

bool machine_has_route(struct fake_machine *machine, const struct message *message,
                       struct route_settings *settings)
{
    struct network *network = machine_network(machine);
    const struct message_route *route = &message->route;
    struct route_key key = {
        .prefix = ip_of_message(route->family, &route->prefix),
        .prefix_length = (uint8_t)route->prefix_length,
        .next_hop = ip_of_message(route->family, &route->gateway),
    };
    MUST(network->find_interface(network, route->interface.index, route->interface.name,
                                 &key.interface_luid) == 0);
    return network->get_route(network, &key, settings) == 0;
}

bool machine_has_address(struct fake_machine *machine, const struct message *message,
                         struct address_settings *settings)
{
    struct network *network = machine_network(machine);
    const struct message_address *address = &message->address;
    struct address_key key = {.address = ip_of_message(address->family, &address->address)};
    MUST(network->find_interface(network, address->interface.index, address->interface.name,
                                 &key.interface_luid) == 0);
    return network->get_address(network, &key, settings) == 0;
}
