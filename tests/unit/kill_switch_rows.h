/* SPDX-License-Identifier: MIT */
/* kill_switch_rows.h: the rows of tests/golden/kill-switch-verdicts.txt. */
#ifndef TESTS_UNIT_KILL_SWITCH_ROWS_H
#define TESTS_UNIT_KILL_SWITCH_ROWS_H

#include "tests/unit/kill_switch_machine.h"

enum { ROW_FIELD_SIZE = 48 };

/* A row, as its line has it. */
struct verdicts {
    unsigned number;
    char way[ROW_FIELD_SIZE];
    char arrival[ROW_FIELD_SIZE], departure[ROW_FIELD_SIZE]; /* forwarded; else the second is "" */
    char program[ROW_FIELD_SIZE], protocol[ROW_FIELD_SIZE];
    char local[ROW_FIELD_SIZE], remote[ROW_FIELD_SIZE], flags[ROW_FIELD_SIZE];
    uint16_t local_port, remote_port;
    char verdicts[COLUMNS]; /* P, B or - */
};

/* The number of rows' verdicts that are wrong, and what of the file's 88 is missing: both fail the
 * test. passes() says whether the row's packet passes in the column; it is not asked about "-". */
void check_verdict_rows(const char *file, enum column first, enum column last,
                        bool (*passes)(const struct verdicts *row, enum column column));

/* What the file names a protocol by. */
uint8_t protocol_of_row(const struct verdicts *row);

#endif
