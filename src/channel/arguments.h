/* SPDX-License-Identifier: MIT */
/* arguments.h: what the messages of several requests hold: an interface, a family with its prefix
 * length, IP addresses. Within src/channel only.
 *
 * All return 0, or the error of the acknowledgement. */
#ifndef CHANNEL_ARGUMENTS_H
#define CHANNEL_ARGUMENTS_H

#include "system/network.h"
#include "wire/message.h"

/* By index, or by name when the index is INTERFACE_BY_NAME. ERROR_INVALID_PARAMETER when the
 * message names none (index 0, or an empty name), as Windows answers for a row without an
 * interface; otherwise what the network says. */
uint32_t argument_interface(struct network *network, const struct message_interface *interface,
                            uint64_t *luid);

/* Always by name, as DNS messages are meant. ERROR_MESSAGE_DATA: they give none. */
uint32_t argument_interface_by_name(struct network *network,
                                    const struct message_interface *interface,
                                    char16_t guid[GUID_UNITS]);

/* ERROR_INVALID_PARAMETER when there is no such family, or when no prefix of the family is that
 * long. Only the low eight bits of a length count (docs/protocol.md, "Session channel"). */
uint32_t argument_family(int16_t family);
uint32_t argument_prefix(int16_t family, int32_t prefix_length);

/* Behind an IPv4 address all is zero, whatever was sent there. */
struct ip argument_ip(int16_t family, const struct message_ip *address);

/* The addresses of a DNS or WINS message. `sent_count` may be anything; what is more than
 * ARGUMENT_IPS is taken for that. ERROR_INVALID_PARAMETER: there is no such family. */
enum { ARGUMENT_IPS = 4 };
uint32_t argument_ips(int16_t family, uint32_t sent_count,
                      const struct message_ip sent[ARGUMENT_IPS], struct ip ips[ARGUMENT_IPS],
                      size_t *count);

#endif
