/* SPDX-License-Identifier: MIT */
#include "arbitration.h"

#include <fwptypes.h>
#include <string.h>

/* ---- conditions ---- */

static unsigned bits_of_type(uint32_t type)
{
    static const unsigned bits[] = {
        [FWP_UINT8] = 8,
        [FWP_UINT16] = 16,
        [FWP_UINT32] = 32,
        [FWP_UINT64] = 64,
        [FWP_BYTE_ARRAY16_TYPE] = 128,
        [FWP_BYTE_BLOB_TYPE] = 255,
    };
    return type < ARRAYSIZE(bits) ? bits[type] : 0;
}

static unsigned bits_set(uint64_t number)
{
    return (unsigned)__builtin_popcountll(number);
}

static unsigned specificity(const struct wfp_condition *condition)
{
    switch (condition->match) {
    case FWP_MATCH_FLAGS_ALL_SET:
    case FWP_MATCH_FLAGS_ANY_SET:
    case FWP_MATCH_FLAGS_NONE_SET:
        return bits_set(condition->low);
    case FWP_MATCH_EQUAL:
    case FWP_MATCH_EQUAL_CASE_INSENSITIVE:
        break;
    default:
        return 1;
    }
    if (condition->type == FWP_V4_ADDR_MASK)
        return bits_set(condition->high);
    if (condition->type == FWP_V6_ADDR_MASK)
        return (unsigned)condition->high;
    return bits_of_type(condition->type);
}

uint64_t wfp_effective_weight(const struct wfp_filter *filter)
{
    uint64_t automatic = 1;
    if (filter->weight_type == FWP_UINT64)
        return filter->weight;
    for (uint32_t i = 0; i < filter->condition_count; i++)
        automatic += specificity(&filter->conditions[i]);
    return filter->weight_type == FWP_UINT8 ? filter->weight << 60 | automatic : automatic;
}

static uint64_t number_of(const struct machine_ip *ip)
{
    return (uint64_t)ip->bytes[0] << 24 | (uint64_t)ip->bytes[1] << 16 |
           (uint64_t)ip->bytes[2] << 8 | ip->bytes[3];
}

static bool in_prefix(const uint8_t *address, const uint8_t *prefix, unsigned length)
{
    unsigned whole = length / 8, rest = length % 8;
    if (memcmp(address, prefix, whole) != 0)
        return false;
    return rest == 0 || (address[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

static bool address_is(const struct wfp_condition *condition, const struct machine_ip *ip)
{
    switch (condition->type) {
    case FWP_V4_ADDR_MASK:
        return ip->family == 2 &&
               (number_of(ip) & condition->high) == (condition->low & condition->high);
    case FWP_V6_ADDR_MASK:
        return ip->family != 2 &&
               in_prefix(ip->bytes, condition->address, (unsigned)condition->high);
    case FWP_BYTE_ARRAY16_TYPE:
        return ip->family != 2 && memcmp(ip->bytes, condition->address, 16) == 0;
    default:
        return false;
    }
}

static bool number_matches(const struct wfp_condition *condition, uint64_t value)
{
    switch (condition->match) {
    case FWP_MATCH_EQUAL:
        return value == condition->low;
    case FWP_MATCH_NOT_EQUAL:
        return value != condition->low;
    case FWP_MATCH_GREATER:
        return value > condition->low;
    case FWP_MATCH_LESS:
        return value < condition->low;
    case FWP_MATCH_GREATER_OR_EQUAL:
        return value >= condition->low;
    case FWP_MATCH_LESS_OR_EQUAL:
        return value <= condition->low;
    case FWP_MATCH_RANGE:
        return value >= condition->low && value <= condition->high;
    case FWP_MATCH_FLAGS_ALL_SET:
        return (value & condition->low) == condition->low;
    case FWP_MATCH_FLAGS_ANY_SET:
        return (value & condition->low) != 0;
    case FWP_MATCH_FLAGS_NONE_SET:
        return (value & condition->low) == 0;
    default:
        return false;
    }
}

static bool address_matches(const struct wfp_condition *condition, const struct machine_ip *ip)
{
    if (!ip->family) /* not given */
        return false;
    bool is_number = condition->type == FWP_UINT32 || condition->type == FWP_RANGE_TYPE;
    if (is_number)
        return ip->family == 2 && number_matches(condition, number_of(ip));
    return address_is(condition, ip) == (condition->match != FWP_MATCH_NOT_EQUAL);
}

static bool program_matches(const struct wfp_filter *filter, const struct wfp_condition *condition,
                            const wchar_t *program)
{
    size_t size = (wcslen(program) + 1) * sizeof(wchar_t);
    bool same = condition->blob_size == size &&
                memcmp(filter->blob + condition->blob_offset, program, size) == 0;
    return same == (condition->match != FWP_MATCH_NOT_EQUAL);
}

static bool condition_matches(const struct wfp_filter *filter,
                              const struct wfp_condition *condition,
                              const struct wfp_packet *packet)
{
    switch (condition->field) {
    case WFP_ALE_APP_ID:
        return program_matches(filter, condition, packet->program);
    case WFP_IP_REMOTE_PORT:
        return number_matches(condition, packet->remote_port);
    case WFP_IP_LOCAL_PORT:
        return number_matches(condition, packet->local_port);
    case WFP_IP_PROTOCOL:
        return number_matches(condition, packet->protocol);
    case WFP_IP_LOCAL_INTERFACE:
        return number_matches(condition, packet->interface_luid);
    case WFP_IP_FORWARD_INTERFACE:
        return number_matches(condition, packet->departure_luid);
    case WFP_IP_REMOTE_ADDRESS:
    case WFP_IP_DESTINATION_ADDRESS:
        return address_matches(condition, &packet->remote);
    case WFP_IP_LOCAL_ADDRESS:
    case WFP_IP_SOURCE_ADDRESS:
        return address_matches(condition, &packet->local);
    case WFP_FLAGS:
        return number_matches(condition, packet->flags);
    default:
        return false;
    }
}

static bool filter_matches(const struct wfp_filter *filter, const struct wfp_packet *packet)
{
    unsigned asked = 0, matched = 0;
    for (uint32_t i = 0; i < filter->condition_count; i++) {
        const struct wfp_condition *condition = &filter->conditions[i];
        asked |= 1u << condition->field;
        if (condition_matches(filter, condition, packet))
            matched |= 1u << condition->field;
    }
    return asked == matched;
}

/* ---- arbitration ---- */

enum wfp_layer wfp_layer_of(const struct wfp_packet *packet)
{
    static const enum wfp_layer layers[][2] = {
        [WFP_OUT] = {WFP_CONNECT_V4, WFP_CONNECT_V6},
        [WFP_IN] = {WFP_ACCEPT_V4, WFP_ACCEPT_V6},
        [WFP_FORWARD] = {WFP_FORWARD_V4, WFP_FORWARD_V6},
    };
    return layers[packet->way][packet->remote.family != 2];
}

struct decision {
    const struct wfp_filter *filter, *opponent;
};

static struct decision decide_in_sublayer(const struct wfp_tables *tables, const GUID *sublayer,
                                          const struct wfp_packet *packet)
{
    struct decision best = {0};
    const enum wfp_layer layer = wfp_layer_of(packet);
    for (uint32_t i = 0; i < tables->filter_count; i++) {
        const struct wfp_filter *filter = &tables->filters[i];
        if (filter->layer != (uint32_t)layer || !wfp_guid_equal(&filter->sublayer, sublayer) ||
            (best.filter && filter->effective_weight < best.filter->effective_weight) ||
            !filter_matches(filter, packet) || !wfp_filter_is_in_force(tables, filter))
            continue;
        if (!best.filter || filter->effective_weight > best.filter->effective_weight)
            best = (struct decision){.filter = filter};
        else if (filter->action != best.filter->action)
            best.opponent = filter;
    }
    return best;
}

/* The sublayer that comes after `previous` (NULL: the first) from the highest weight down. No two
 * have the same. */
static const struct wfp_sublayer *next_sublayer(const struct wfp_tables *tables,
                                                const struct wfp_sublayer *previous)
{
    const struct wfp_sublayer *next = NULL;
    for (uint32_t i = 0; i < tables->sublayer_count; i++) {
        const struct wfp_sublayer *row = &tables->sublayers[i];
        if ((!previous || row->weight < previous->weight) && (!next || row->weight > next->weight))
            next = row;
    }
    return next;
}

struct wfp_verdict wfp_decide(const struct wfp_tables *tables, const struct wfp_packet *packet)
{
    struct wfp_verdict verdict = {.permitted = true};
    bool is_hard = false;
    const struct wfp_sublayer *sublayer = NULL;
    while (!is_hard && (sublayer = next_sublayer(tables, sublayer))) {
        const struct decision decision = decide_in_sublayer(tables, &sublayer->key, packet);
        if (!decision.filter)
            continue;
        if (decision.opponent)
            return (struct wfp_verdict){false, decision.filter, decision.opponent};
        if (decision.filter->action == FWP_ACTION_BLOCK)
            return (struct wfp_verdict){.permitted = false, .filter = decision.filter};
        if (!verdict.filter)
            verdict.filter = decision.filter;
        is_hard = decision.filter->flags & WFP_FILTER_CLEAR_ACTION_RIGHT;
    }
    return verdict;
}
