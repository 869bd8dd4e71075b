/* SPDX-License-Identifier: MIT */
#include "tests/unit/kill_switch_rows.h"

#include "base/array.h"
#include "tests/unit/cmocka_test.h"

#include <stdio.h>
#include <string.h>

enum { ROWS = 88 };

static bool read_verdicts(const char *line, struct verdicts *row)
{
    char over[ROW_FIELD_SIZE], *v = row->verdicts;
    if (sscanf(line, "%u %47s %47s %47s %47s %47s %hu %47s %hu %47s %c %c %c %c %c %c %c",
               &row->number, row->way, over, row->program, row->protocol, row->local,
               &row->local_port, row->remote, &row->remote_port, row->flags, &v[0], &v[1], &v[2],
               &v[3], &v[4], &v[5], &v[6]) != 10 + COLUMNS)
        return false;
    const size_t length = strcspn(over, ">");
    strcpy(row->departure, over[length] ? over + length + 1 : "");
    over[length] = '\0';
    strcpy(row->arrival, over);
    return true;
}

static unsigned check_row(const char *line, const struct verdicts *row, enum column first,
                          enum column last,
                          bool (*passes)(const struct verdicts *row, enum column column))
{
    unsigned wrong = 0;
    for (enum column column = first; column <= last; column++) {
        const char expected = row->verdicts[column];
        if (expected == '-')
            continue;
        const char verdict = passes(row, column) ? 'P' : 'B';
        if (expected == verdict)
            continue;
        fprintf(stderr, "in %s it is %c:%s", column_names[column], verdict, line);
        wrong++;
    }
    return wrong;
}

void check_verdict_rows(const char *file, enum column first, enum column last,
                        bool (*passes)(const struct verdicts *row, enum column column))
{
    bool has_row[ROWS + 1] = {false};
    char line[512];
    unsigned wrong = 0;
    FILE *rows = fopen(file, "rb");
    assert_non_null(rows);
    while (fgets(line, sizeof(line), rows)) {
        struct verdicts row = {0};
        if (line[0] == '#' || line[strspn(line, " \r\n")] == 0)
            continue;
        if (!read_verdicts(line, &row) || row.number > ROWS)
            fail_msg("this is no row: %s", line);
        has_row[row.number] = true;
        wrong += check_row(line, &row, first, last, passes);
    }
    fclose(rows);
    assert_int_equal(wrong, 0);
    for (unsigned number = 1; number <= ROWS; number++)
        if (!has_row[number])
            fail_msg("row %u is missing", number);
}

uint8_t protocol_of_row(const struct verdicts *row)
{
    static const struct {
        const char *text;
        uint8_t number;
    } protocols[] = {
        {"tcp", PROTOCOL_TCP},
        {"udp", PROTOCOL_UDP},
        {"icmp", PROTOCOL_ICMP},
        {"icmp6", PROTOCOL_ICMPV6},
        {"igmp", 2},
        {"gre", 47},
        {"esp", 50},
        {"ipv6", 41},
    };
    for (size_t i = 0; i < ARRAY_COUNT(protocols); i++)
        if (strcmp(protocols[i].text, row->protocol) == 0)
            return protocols[i].number;
    fail_msg("\"%s\" is not known", row->protocol);
    return 0;
}
