/* SPDX-License-Identifier: MIT */
/* Every row of tests/golden/kill-switch-verdicts.txt, in every state. */
#include "base/array.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/kill_switch_rows.h"

#include <string.h>

/* Names of the file, and what they stand for. */
struct name {
    const char *text;
    uint64_t number;
};

static const struct name interfaces[] = {
    {"LO", LOOPBACK_LUID},        {"E", ETHERNET_LUID},          {"TUN", TUNNEL_LUID},
    {"TUN2", SECOND_TUNNEL_LUID}, {"TUN3", UNKNOWN_TUNNEL_LUID}, {"GONE", GONE_TUNNEL_LUID},
    {"W", OTHER_VPN_LUID},        {"H", HOTSPOT_LUID},
};

static const struct name programs[] = {
    {"openvpn", PROGRAM_OPENVPN},       {"OPENVPN", PROGRAM_OPENVPN}, {"svchost", PROGRAM_SVCHOST},
    {"openvpn-of-user", PROGRAM_OTHER}, {"browser", PROGRAM_OTHER},   {"system", PROGRAM_OTHER},
    {"openvpnserv", PROGRAM_OTHER},     {"gatehouse", PROGRAM_OTHER}, {"-", PROGRAM_OTHER},
};

static const struct name flags[] = {
    {"-", 0},
    {"loopback", FILTER_FLAG_LOOPBACK},
    {"outbound-pass-thru", FILTER_FLAG_OUTBOUND_PASS_THRU},
};

static const struct name layers[] = {
    {"out", LAYER_CONNECT_V4},
    {"in", LAYER_ACCEPT_V4},
    {"fwd", LAYER_FORWARD_V4},
};

static uint64_t number_of(const struct name *names, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i].text, text) == 0)
            return names[i].number;
    fail_msg("\"%s\" is not known", text);
    return 0;
}
#define NUMBER_OF(names, text) number_of(names, ARRAY_COUNT(names), text)

static struct packet packet_of(const struct verdicts *row)
{
    struct packet packet = {
        .layer = (enum filter_layer)NUMBER_OF(layers, row->way),
        .program = (unsigned)NUMBER_OF(programs, row->program),
        .protocol = protocol_of_row(row),
        .local = ip_of(row->local),
        .remote = ip_of(row->remote),
        .local_port = row->local_port,
        .remote_port = row->remote_port,
        .interface_luid = NUMBER_OF(interfaces, row->arrival),
        .departure_luid = row->departure[0] ? NUMBER_OF(interfaces, row->departure) : 0,
        .flags = NUMBER_OF(flags, row->flags),
    };
    assert_int_equal(packet.local.family, packet.remote.family);
    packet.layer += packet.remote.family == FAMILY_IPV6;
    return packet;
}

/* The other program's sublayer blocks TCP to port 25. */
static bool others_pass(const struct packet *packet)
{
    static const struct filter filters[] = {
        {LAYER_CONNECT_V4,
         ACTION_BLOCK,
         0,
         2,
         {{.field = FIELD_PROTOCOL, .value = PROTOCOL_TCP},
          {.field = FIELD_REMOTE_PORT, .value = 25}}},
        {LAYER_CONNECT_V4, ACTION_PERMIT, 15, 1, {{.field = FIELD_REMOTE_PORT, .value = 1194}}},
    };
    static const struct sublayer sublayer = {2, {&filters[0], &filters[1]}};
    return sublayer_passes(&sublayer, packet);
}

static bool row_passes(const struct verdicts *row, enum column column)
{
    const struct packet packet = packet_of(row);
    return sublayer_passes(sublayer_of(column), &packet) && others_pass(&packet);
}

static void test_each_packet_has_the_verdict_of_its_row(void **state)
{
    (void)state;
    check_verdict_rows("tests/golden/kill-switch-verdicts.txt", OFF, COLUMNS - 1, row_passes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_packet_has_the_verdict_of_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
