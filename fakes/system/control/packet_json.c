/* SPDX-License-Identifier: MIT */
#include "packet_json.h"

#include "model.h"
#include "rows_json.h"

#include <fwptypes.h>
#include <string.h>

enum { LOOPBACK_TYPE = 24 /* ifType */, ICMP = 1, UDP = 17, ICMPV6 = 58 };

static bool has(const cJSON *json, const char *name)
{
    return cJSON_HasObjectItem(json, name);
}

static bool take_address(const cJSON *json, const char *name, struct machine_ip *ip)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
    return text ? machine_ip_parse(text, ip) : !has(json, name);
}

static bool take_way(const cJSON *json, struct wfp_packet *packet)
{
    static const char *const ways[] = {
        [WFP_OUT] = "out", [WFP_IN] = "in", [WFP_FORWARD] = "forward"};
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "direction"));
    if (!text)
        return !has(json, "direction");
    for (uint32_t i = 0; i < ARRAYSIZE(ways); i++)
        if (strcmp(ways[i], text) == 0) {
            packet->way = i;
            return true;
        }
    return false;
}

static const struct interface_row *interface_of(struct machine *machine, const cJSON *json,
                                                const char *name)
{
    uint32_t index;
    return json_number(json, name, &index) ? machine_interface(machine, 0, index) : NULL;
}

static bool take_interfaces(struct machine *machine, const cJSON *json, struct wfp_packet *packet)
{
    const bool is_forwarded = packet->way == WFP_FORWARD;
    const struct interface_row *adapter = interface_of(machine, json, "interface");
    if (!adapter)
        return false;
    packet->interface_luid = adapter->luid;
    if (adapter->type == LOOPBACK_TYPE)
        packet->flags |= FWP_CONDITION_FLAG_IS_LOOPBACK;
    if (is_forwarded != has(json, "departure"))
        return false;
    const struct interface_row *departure = interface_of(machine, json, "departure");
    packet->departure_luid = departure ? departure->luid : 0;
    return departure || !is_forwarded;
}

/* A forwarded packet has a source, too. */
static bool take_addresses(const cJSON *json, struct wfp_packet *packet)
{
    return take_address(json, "remote_address", &packet->remote) && packet->remote.family &&
           take_address(json, "local_address", &packet->local) &&
           (packet->local.family ? packet->local.family == packet->remote.family
                                 : packet->way != WFP_FORWARD);
}

/* Type and code of ICMP are where the ports of other protocols are. */
static bool take_protocol(const cJSON *json, struct wfp_packet *packet)
{
    const bool is_ipv6 = packet->remote.family != 2;
    uint32_t protocol = has(json, "icmp_type") ? (is_ipv6 ? ICMPV6 : ICMP) : UDP;
    uint32_t local = 0, remote = 0;
    json_number(json, "protocol", &protocol);
    const bool is_icmp = protocol == (is_ipv6 ? ICMPV6 : ICMP);
    if (has(json, "icmp_type") != is_icmp || has(json, "icmp_code") > is_icmp ||
        (is_icmp && (has(json, "local_port") || has(json, "remote_port"))))
        return false;
    json_number(json, is_icmp ? "icmp_type" : "local_port", &local);
    json_number(json, is_icmp ? "icmp_code" : "remote_port", &remote);
    packet->protocol = (uint8_t)protocol;
    packet->local_port = (uint16_t)local;
    packet->remote_port = (uint16_t)remote;
    return true;
}

static bool is_own_address(struct machine *machine, const struct machine_ip *ip)
{
    const struct address_row *row;
    size_t cursor = 0;
    while ((row = machine_next_address(machine, &cursor)))
        if (machine_ip_equal(&row->address, ip))
            return true;
    return false;
}

static void take_flag(const cJSON *json, const char *name, uint32_t flag, struct wfp_packet *packet)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    if (item)
        packet->flags = cJSON_IsFalse(item) || (cJSON_IsNumber(item) && item->valuedouble == 0)
                            ? packet->flags & ~flag
                            : packet->flags | flag;
}

/* What the machine sends to one of its own addresses never leaves it, whichever interface has the
 * address; that it has the flag then is not documented. */
static void take_flags(struct machine *machine, const cJSON *json, struct wfp_packet *packet)
{
    if (packet->way != WFP_FORWARD && is_own_address(machine, &packet->remote))
        packet->flags |= FWP_CONDITION_FLAG_IS_LOOPBACK;
    take_flag(json, "loopback", FWP_CONDITION_FLAG_IS_LOOPBACK, packet);
    take_flag(json, "outbound_pass_thru", FWP_CONDITION_FLAG_IS_OUTBOUND_PASS_THRU, packet);
    take_flag(json, "inbound_pass_thru", FWP_CONDITION_FLAG_IS_INBOUND_PASS_THRU, packet);
}

static bool take_program(const cJSON *json, struct wfp_packet *packet)
{
    wchar_t program[MAX_PATH] = L"C:\\Windows\\System32\\svchost.exe";
    if (packet->way == WFP_FORWARD)
        return !has(json, "program");
    return json_text(json, "program", program, MAX_PATH) && wfp_app_id(program, packet->program);
}

bool packet_from_json(struct machine *machine, const cJSON *json, struct wfp_packet *packet)
{
    memset(packet, 0, sizeof(*packet));
    if (!take_way(json, packet) || !take_interfaces(machine, json, packet) ||
        !take_addresses(json, packet) || !take_protocol(json, packet) ||
        !take_program(json, packet))
        return false;
    take_flags(machine, json, packet);
    return true;
}
