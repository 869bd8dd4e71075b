/* SPDX-License-Identifier: MIT */
/* table.h: prints rows in aligned columns. */
#ifndef CLIENT_CLI_TABLE_H
#define CLIENT_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum { TABLE_CELL_BYTES = 1024, TABLE_MAX_COLUMNS = 16 };

struct column {
    const char *title; /* ASCII */
    bool is_number;    /* aligned to the right */
    /* Writes one line of UTF-8 without control characters. */
    void (*write)(const void *row, char cell[TABLE_CELL_BYTES]);
};

/* Prints the titles, and the `row_count` rows of `row_size` bytes each at `rows`. */
void table_print(const struct column *columns, size_t column_count, const void *rows,
                 size_t row_size, size_t row_count);

#endif
