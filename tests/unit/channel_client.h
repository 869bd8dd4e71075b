/* SPDX-License-Identifier: MIT */
/* channel_client.h: the openvpn.exe side of a session channel: sends a message, returns the
 * answer. */
#ifndef TESTS_UNIT_CHANNEL_CLIENT_H
#define TESTS_UNIT_CHANNEL_CLIENT_H

#include "channel/channel.h"
#include "fakes/memory/machine.h"
#include "resource/resources.h"
#include "tests/unit/cmocka_test.h"

/* x64, 2.7 */
extern const struct message_layout client_layout;

/* Process 4242; changes on every adapter are served. */
extern const struct channel_options client_options;

/* Serves the message, checks the form of the acknowledgement, and returns its error code. */
uint32_t client_send(struct channel *channel, const struct message *message);

struct v4 {
    uint8_t bytes[4];
};
#define V4(a, b, c, d) ((struct v4){{a, b, c, d}})

struct message route_message(enum message_kind kind, uint32_t interface, struct v4 prefix,
                             int32_t prefix_length, struct v4 gateway, int32_t metric);
struct message address_message(enum message_kind kind, uint32_t interface, struct v4 address,
                               int32_t prefix_length);

/* True, with *settings filled, when the machine has this route or address. */
bool machine_has_route(struct fake_machine *machine, const struct message *route,
                       struct route_settings *settings);
bool machine_has_address(struct fake_machine *machine, const struct message *address,
                         struct address_settings *settings);

#endif
