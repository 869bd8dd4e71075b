/* SPDX-License-Identifier: MIT */
#include "tests/unit/kill_switch_oracle.h"

#include <string.h>

/* ---- addresses ---- */

static bool is_ipv4(const struct ip *ip, unsigned a, unsigned b, unsigned c, unsigned d)
{
    const uint8_t bytes[4] = {(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d};
    return ip->family == FAMILY_IPV4 && memcmp(ip->bytes, bytes, 4) == 0;
}

static bool is_link_local(const struct ip *ip)
{
    return ip->family == FAMILY_IPV6 && ip->bytes[0] == 0xFE && (ip->bytes[1] & 0xC0) == 0x80;
}

/* A group of multicast in the scope: 112 bits of it are its number. */
static bool is_group(const struct ip *ip, unsigned scope, uint32_t number)
{
    static const uint8_t zeros[10] = {0};
    const uint8_t *b = ip->bytes;
    return ip->family == FAMILY_IPV6 && b[0] == 0xFF && b[1] == scope &&
           memcmp(b + 2, zeros, sizeof(zeros)) == 0 &&
           ((uint32_t)b[12] << 24 | (uint32_t)b[13] << 16 | (uint32_t)b[14] << 8 | b[15]) == number;
}

/* ff02::1:ffXX:XXXX */
static bool is_solicited_node(const struct ip *ip)
{
    static const uint8_t group[13] = {0xFF, 2, [11] = 1, 0xFF};
    return ip->family == FAMILY_IPV6 && memcmp(ip->bytes, group, sizeof(group)) == 0;
}

static bool is_private_ipv4(const uint8_t *b)
{
    return b[0] == 10 || (b[0] == 172 && b[1] >= 16 && b[1] <= 31) ||
           (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254);
}

static bool is_lan_unicast(const struct ip *ip)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    const uint8_t *b = ip->bytes;
    if (ip->family == FAMILY_IPV4)
        return is_private_ipv4(b);
    return is_link_local(ip) || (b[0] & 0xFE) == 0xFC ||
           (memcmp(b, mapped, sizeof(mapped)) == 0 && is_private_ipv4(b + 12));
}

static bool is_lan_multicast(const struct ip *ip)
{
    const uint8_t *b = ip->bytes;
    if (ip->family == FAMILY_IPV4)
        return b[0] == 239 || (b[0] == 224 && !b[1] && !b[2]) || is_ipv4(ip, 255, 255, 255, 255);
    return b[0] == 0xFF && b[1] >= 1 && b[1] <= 5;
}

/* ---- forms of packets ---- */

static bool goes_out(const struct packet *packet)
{
    return packet->layer == LAYER_CONNECT_V4 || packet->layer == LAYER_CONNECT_V6;
}

static bool is_forwarded(const struct packet *packet)
{
    return packet->layer == LAYER_FORWARD_V4 || packet->layer == LAYER_FORWARD_V6;
}

static bool is_udp(const struct packet *packet, unsigned local_port, unsigned remote_port)
{
    return packet->protocol == PROTOCOL_UDP && packet->local_port == local_port &&
           packet->remote_port == remote_port;
}

static bool is_dhcp(const struct packet *packet)
{
    const struct ip *remote = &packet->remote;
    if (remote->family == FAMILY_IPV4) {
        const bool is_renewal = packet->program == PROGRAM_SVCHOST && is_lan_unicast(remote);
        return is_udp(packet, 68, 67) &&
               (!goes_out(packet) || is_ipv4(remote, 255, 255, 255, 255) || is_renewal);
    }
    const bool is_to_servers = is_group(remote, 2, 0x10002) || is_group(remote, 5, 0x10003);
    return is_udp(packet, 546, 547) && is_link_local(&packet->local) &&
           (goes_out(packet) ? is_to_servers : is_link_local(remote));
}

static bool is_neighbour_discovery_out(unsigned type, const struct ip *remote)
{
    switch (type) {
    case 133:
        return is_group(remote, 2, 2);
    case 135:
        return is_solicited_node(remote) || is_link_local(remote);
    case 136:
        return is_link_local(remote) || is_group(remote, 2, 1);
    case 131:
    case 132:
    case 143:
        return remote->bytes[0] == 0xFF && remote->bytes[1] == 2;
    default:
        return false;
    }
}

static bool is_neighbour_discovery_in(unsigned type, const struct ip *remote)
{
    if (type == 135 || type == 136)
        return true;
    return (type == 130 || type == 134 || type == 137) && is_link_local(remote);
}

static bool is_neighbour_discovery(const struct packet *packet)
{
    const unsigned type = packet->local_port, code = packet->remote_port;
    if (packet->protocol != PROTOCOL_ICMPV6 || code || packet->remote.family != FAMILY_IPV6)
        return false;
    return goes_out(packet) ? is_neighbour_discovery_out(type, &packet->remote)
                            : is_neighbour_discovery_in(type, &packet->remote);
}

static bool is_lan(const struct packet *packet)
{
    const bool is_dns = goes_out(packet) &&
                        (packet->protocol == PROTOCOL_TCP || packet->protocol == PROTOCOL_UDP) &&
                        (packet->remote_port == 53 || packet->remote_port == 853);
    return !is_dns && (is_lan_unicast(&packet->remote) ||
                       (goes_out(packet) && is_lan_multicast(&packet->remote)));
}

/* ---- what the policy names ---- */

static bool has_tunnel(const struct kill_switch_policy *policy, uint64_t luid)
{
    for (size_t i = 0; i < policy->tunnel_count; i++)
        if (policy->tunnels[i] == luid)
            return true;
    return false;
}

static bool is_to_gateway(const struct kill_switch_policy *policy, const struct packet *packet)
{
    const bool may = packet->program == PROGRAM_OPENVPN ||
                     (packet->program >= PROGRAM_FURTHER &&
                      packet->program < PROGRAM_FURTHER + policy->program_count);
    for (size_t i = 0; may && goes_out(packet) && i < policy->gateways.count; i++) {
        const struct gateway *gateway = &policy->gateways.items[i];
        const bool has_port = packet->remote_port == gateway->port &&
                              (packet->protocol == gateway->protocol ||
                               (!gateway->protocol && (packet->protocol == PROTOCOL_TCP ||
                                                       packet->protocol == PROTOCOL_UDP)));
        if (memcmp(&gateway->ip, &packet->remote, sizeof(gateway->ip)) == 0 &&
            (!gateway->port || has_port))
            return true;
    }
    return false;
}

bool oracle_passes_boot(const struct kill_switch_policy *policy, const struct packet *packet)
{
    return !policy->is_up || (!is_forwarded(packet) && packet->flags & FILTER_FLAG_LOOPBACK);
}

bool oracle_passes(const struct kill_switch_policy *policy, const struct packet *packet)
{
    const bool may_connect = policy->gateways.count > 0;
    if (oracle_passes_boot(policy, packet))
        return true;
    if (is_forwarded(packet))
        return may_connect && !(packet->flags & 0xC0000) &&
               (has_tunnel(policy, packet->departure_luid) ||
                has_tunnel(policy, packet->interface_luid));
    return is_dhcp(packet) || is_neighbour_discovery(packet) ||
           (policy->allow_lan && is_lan(packet)) || is_to_gateway(policy, packet) ||
           (may_connect && has_tunnel(policy, packet->interface_luid));
}
