/* SPDX-License-Identifier: MIT */
#include "tests/unit/judge.h"

#include "tests/unit/cmocka_test.h"

/* ---- filters ---- */

static uint64_t number_of_field(const struct packet *packet, enum filter_field field)
{
    switch (field) {
    case FIELD_PROGRAM:
        return packet->program;
    case FIELD_PROTOCOL:
        return packet->protocol;
    case FIELD_LOCAL_PORT:
        return packet->local_port;
    case FIELD_REMOTE_PORT:
        return packet->remote_port;
    case FIELD_LOCAL_INTERFACE:
        return packet->interface_luid;
    case FIELD_FORWARD_INTERFACE:
        return packet->departure_luid;
    case FIELD_FLAGS:
        return packet->flags;
    default:
        fail_msg("field %u is no number", (unsigned)field);
        return 0;
    }
}

bool condition_matches(const struct filter_condition *condition, const struct packet *packet)
{
    if (condition->field == FIELD_LOCAL_ADDRESS || condition->field == FIELD_REMOTE_ADDRESS) {
        const bool is_local = condition->field == FIELD_LOCAL_ADDRESS;
        assert_int_equal(condition->match, MATCH_EQUAL);
        return ip_is_within(is_local ? &packet->local : &packet->remote, &condition->range.ip,
                            condition->range.length);
    }
    const uint64_t number = number_of_field(packet, condition->field), value = condition->value;
    switch (condition->match) {
    case MATCH_FLAGS_ALL_SET:
        return (number & value) == value;
    case MATCH_FLAGS_NONE_SET:
        return (number & value) == 0;
    default:
        return number == value;
    }
}

bool filter_matches(const struct filter *filter, const struct packet *packet)
{
    unsigned asked = 0, matched = 0;
    if (filter->layer != packet->layer)
        return false;
    for (size_t i = 0; i < filter->condition_count; i++) {
        const unsigned bit = 1u << filter->conditions[i].field;
        asked |= bit;
        if (condition_matches(&filter->conditions[i], packet))
            matched |= bit;
    }
    return asked == matched;
}

/* ---- packets ---- */

static void set_field(struct packet *packet, const struct filter_condition *condition)
{
    const uint64_t value = condition->value;
    switch (condition->field) {
    case FIELD_PROGRAM:
        packet->program = (unsigned)value;
        break;
    case FIELD_PROTOCOL:
        packet->protocol = (uint8_t)value;
        break;
    case FIELD_LOCAL_PORT:
        packet->local_port = (uint16_t)value;
        break;
    case FIELD_REMOTE_PORT:
        packet->remote_port = (uint16_t)value;
        break;
    case FIELD_LOCAL_INTERFACE:
        packet->interface_luid = value;
        break;
    case FIELD_FORWARD_INTERFACE:
        packet->departure_luid = value;
        break;
    case FIELD_LOCAL_ADDRESS:
        packet->local = condition->range.ip;
        break;
    case FIELD_REMOTE_ADDRESS:
        packet->remote = condition->range.ip;
        break;
    default:
        packet->flags = condition->match == MATCH_FLAGS_ALL_SET ? packet->flags | value
                                                                : packet->flags & ~value;
    }
}

struct packet packet_matching(const struct filter *filter, struct packet others,
                              size_t (*choose)(enum filter_field field, size_t count))
{
    others.layer = filter->layer;
    for (size_t i = 0, next; i < filter->condition_count; i = next) {
        const enum filter_field field = filter->conditions[i].field;
        for (next = i; next < filter->condition_count && filter->conditions[next].field == field;)
            next++;
        set_field(&others, &filter->conditions[i + choose(field, next - i)]);
    }
    assert_true(filter_matches(filter, &others));
    return others;
}

void packet_copy_field(struct packet *packet, enum filter_field field, const struct packet *from)
{
    switch (field) {
    case FIELD_PROGRAM:
        packet->program = from->program;
        break;
    case FIELD_PROTOCOL:
        packet->protocol = from->protocol;
        break;
    case FIELD_LOCAL_PORT:
        packet->local_port = from->local_port;
        break;
    case FIELD_REMOTE_PORT:
        packet->remote_port = from->remote_port;
        break;
    case FIELD_LOCAL_INTERFACE:
        packet->interface_luid = from->interface_luid;
        break;
    case FIELD_FORWARD_INTERFACE:
        packet->departure_luid = from->departure_luid;
        break;
    case FIELD_LOCAL_ADDRESS:
        packet->local = from->local;
        break;
    case FIELD_REMOTE_ADDRESS:
        packet->remote = from->remote;
        break;
    default:
        packet->flags = from->flags;
    }
}

/* ---- sublayers ---- */

void sublayer_of_plan(struct sublayer *sublayer, const struct kill_switch_plan *plan,
                      enum phase phase)
{
    static const bool exists[][FILTER_LIFETIMES] = {
        [PHASE_BOOT] = {[FILTER_BOOT] = true},
        [PHASE_RESTARTED] = {[FILTER_PERSISTENT] = true},
        [PHASE_RUNNING] = {[FILTER_PERSISTENT] = true, [FILTER_STATIC] = true},
    };
    sublayer->count = 0;
    for (size_t i = 0; i < plan->count; i++)
        if (exists[phase][plan->filters[i].lifetime])
            sublayer->filters[sublayer->count++] = &plan->filters[i].filter;
}

const struct filter *sublayer_decide(const struct sublayer *sublayer, const struct packet *packet)
{
    const struct filter *best = NULL;
    for (size_t i = 0; i < sublayer->count; i++) {
        const struct filter *filter = sublayer->filters[i];
        assert_int_not_equal(filter->weight, WEIGHT_AUTOMATIC);
        if ((best && filter->weight < best->weight) || !filter_matches(filter, packet))
            continue;
        if (best && filter->weight == best->weight && filter->action != best->action)
            fail_msg("two filters of weight %d disagree", filter->weight);
        best = filter;
    }
    return best;
}

bool sublayer_passes(const struct sublayer *sublayer, const struct packet *packet)
{
    const struct filter *filter = sublayer_decide(sublayer, packet);
    return !filter || filter->action == ACTION_PERMIT;
}
