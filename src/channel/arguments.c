/* SPDX-License-Identifier: MIT */
#include "channel/arguments.h"

#include "base/errors.h"

#include <string.h>

uint32_t argument_interface(struct network *network, const struct message_interface *interface,
                            uint64_t *luid)
{
    bool is_by_name = interface->index == (uint32_t)INTERFACE_BY_NAME;
    if (is_by_name ? !interface->name[0] : !interface->index)
        return ERROR_INVALID_PARAMETER;
    return network->find_interface(network, interface->index, interface->name, luid);
}

uint32_t argument_interface_by_name(struct network *network,
                                    const struct message_interface *interface,
                                    char16_t guid[GUID_UNITS])
{
    const uint32_t by_name = (uint32_t)INTERFACE_BY_NAME;
    uint64_t luid;
    if (!interface->name[0])
        return ERROR_MESSAGE_DATA;
    uint32_t error = network->find_interface(network, by_name, interface->name, &luid);
    return error ? error : network->get_guid(network, luid, guid);
}

uint32_t argument_family(int16_t family)
{
    return ip_bits((uint16_t)family) ? 0 : ERROR_INVALID_PARAMETER;
}

uint32_t argument_prefix(int16_t family, int32_t prefix_length)
{
    return ip_prefix_is_valid((uint16_t)family, (uint8_t)prefix_length) ? 0
                                                                        : ERROR_INVALID_PARAMETER;
}

struct ip argument_ip(int16_t family, const struct message_ip *address)
{
    struct ip ip = {.family = (uint16_t)family};
    memcpy(ip.bytes, address->bytes, ip_bits(ip.family) / 8);
    return ip;
}

uint32_t argument_ips(int16_t family, uint32_t sent_count,
                      const struct message_ip sent[ARGUMENT_IPS], struct ip ips[ARGUMENT_IPS],
                      size_t *count)
{
    *count = sent_count < ARGUMENT_IPS ? sent_count : ARGUMENT_IPS;
    for (size_t i = 0; i < *count; i++)
        ips[i] = argument_ip(family, &sent[i]);
    return argument_family(family);
}
