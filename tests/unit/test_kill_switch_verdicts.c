/* SPDX-License-Identifier: MIT */
/* Every row of tests/golden/kill-switch-verdicts.txt, in every state. */
#include "base/array.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/kill_switch_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELD_SIZE = 48, ROWS = 88 };

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

static const struct name protocols[] = {
    {"tcp", PROTOCOL_TCP},
    {"udp", PROTOCOL_UDP},
    {"icmp", PROTOCOL_ICMP},
    {"icmp6", PROTOCOL_ICMPV6},
    {"igmp", 2},
    {"gre", 47},
    {"esp", 50},
    {"ipv6", 41},
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

/* A row, as its line has it. */
struct verdicts {
    unsigned number;
    char way[FIELD_SIZE], over[FIELD_SIZE], program[FIELD_SIZE], protocol[FIELD_SIZE];
    char local[FIELD_SIZE], remote[FIELD_SIZE], flags[FIELD_SIZE];
    uint16_t local_port, remote_port;
    char verdicts[COLUMNS]; /* P, B or - */
};

static bool read_verdicts(const char *line, struct verdicts *row)
{
    char *v = row->verdicts;
    return sscanf(line, "%u %47s %47s %47s %47s %47s %hu %47s %hu %47s %c %c %c %c %c %c %c",
                  &row->number, row->way, row->over, row->program, row->protocol, row->local,
                  &row->local_port, row->remote, &row->remote_port, row->flags, &v[0], &v[1], &v[2],
                  &v[3], &v[4], &v[5], &v[6]) == 10 + COLUMNS;
}

static struct packet packet_of(const struct verdicts *row)
{
    char arrival[FIELD_SIZE];
    const char *departure = strchr(row->over, '>');
    snprintf(arrival, sizeof(arrival), "%.*s", (int)strcspn(row->over, ">"), row->over);
    struct packet packet = {
        .layer = (enum filter_layer)NUMBER_OF(layers, row->way),
        .program = (unsigned)NUMBER_OF(programs, row->program),
        .protocol = (uint8_t)NUMBER_OF(protocols, row->protocol),
        .local = ip_of(row->local),
        .remote = ip_of(row->remote),
        .local_port = row->local_port,
        .remote_port = row->remote_port,
        .interface_luid = NUMBER_OF(interfaces, arrival),
        .departure_luid = departure ? NUMBER_OF(interfaces, departure + 1) : 0,
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

static unsigned check_verdicts(const char *line, const struct verdicts *row)
{
    const struct packet packet = packet_of(row);
    unsigned wrong = 0;
    for (enum column column = OFF; column < COLUMNS; column++) {
        const bool passes = sublayer_passes(sublayer_of(column), &packet) && others_pass(&packet);
        const char verdict = passes ? 'P' : 'B', expected = row->verdicts[column];
        if (expected == verdict || expected == '-')
            continue;
        fprintf(stderr, "in %s it is %c:%s", column_names[column], verdict, line);
        wrong++;
    }
    return wrong;
}

static void test_each_packet_has_the_verdict_of_its_row(void **state)
{
    bool has_row[ROWS + 1] = {false};
    char line[512];
    unsigned wrong = 0;
    (void)state;
    FILE *file = fopen("tests/golden/kill-switch-verdicts.txt", "rb");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        struct verdicts row = {0};
        if (line[0] == '#' || line[strspn(line, " \r\n")] == 0)
            continue;
        if (!read_verdicts(line, &row) || row.number > ROWS)
            fail_msg("this is no row: %s", line);
        has_row[row.number] = true;
        wrong += check_verdicts(line, &row);
    }
    fclose(file);
    assert_int_equal(wrong, 0);
    for (unsigned number = 1; number <= ROWS; number++)
        if (!has_row[number])
            fail_msg("row %u is missing", number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_packet_has_the_verdict_of_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
