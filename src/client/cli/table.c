/* SPDX-License-Identifier: MIT */
#include "client/cli/table.h"

#include "client/cli/console.h"

#include <string.h>

/* Of the characters, each of which is taken to be one place wide. */
static size_t width_of(const char *utf8)
{
    size_t width = 0;
    for (; *utf8; utf8++)
        width += ((unsigned char)*utf8 & 0xc0) != 0x80;
    return width;
}

static void print_blanks(size_t count)
{
    console_print(CONSOLE_OUTPUT, "%*s", (int)count, "");
}

/* Without blanks behind the last column. */
static void print_cell(const struct column *column, const char *cell, size_t width, bool is_last)
{
    const size_t blanks = width - width_of(cell);
    if (column->is_number)
        print_blanks(blanks);
    console_write(CONSOLE_OUTPUT, cell, strlen(cell));
    if (is_last)
        console_write(CONSOLE_OUTPUT, "\n", 1);
    else
        print_blanks((column->is_number ? 0 : blanks) + 2);
}

void table_print(const struct column *columns, size_t column_count, const void *rows,
                 size_t row_size, size_t row_count)
{
    char cell[TABLE_CELL_BYTES];
    size_t widths[TABLE_MAX_COLUMNS];
    for (size_t c = 0; c < column_count; c++) {
        widths[c] = width_of(columns[c].title);
        for (size_t r = 0; r < row_count; r++) {
            columns[c].write((const char *)rows + r * row_size, cell);
            if (width_of(cell) > widths[c])
                widths[c] = width_of(cell);
        }
    }
    for (size_t c = 0; c < column_count; c++)
        print_cell(&columns[c], columns[c].title, widths[c], c + 1 == column_count);
    for (size_t r = 0; r < row_count; r++) {
        for (size_t c = 0; c < column_count; c++) {
            columns[c].write((const char *)rows + r * row_size, cell);
            print_cell(&columns[c], cell, widths[c], c + 1 == column_count);
        }
    }
}
