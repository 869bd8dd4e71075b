/* SPDX-License-Identifier: MIT */
/* The registry as readable text. */
#include "fakes/memory/rows.h"

#include "dns/multi_string.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_units(char *text, size_t capacity, const char16_t *units, size_t length)
{
    size_t at = strlen(text);
    size_t room = capacity - at - 1;
    size_t size = text_to_utf8(units, length, text + at, room);
    text[at + (size < room ? size : room)] = 0;
}

static void append_text(char *text, size_t capacity, const char *more)
{
    size_t at = strlen(text);
    snprintf(text + at, capacity - at, "%s", more);
}

/* Strings as they are, the strings of a list separated by " | ", numbers in decimal, everything
 * else in hexadecimal. */
void print_value(char *text, size_t capacity, const struct value_row *row)
{
    const char16_t *units = row->bytes, *part;
    size_t count = row->size / sizeof(*units), at = 0, length;
    char number[16];
    uint32_t value = 0;
    text[0] = 0;
    switch (row->type) {
    case REGISTRY_TEXT:
        add_units(text, capacity, units, count ? count - 1 : 0);
        break;
    case REGISTRY_LIST:
        while ((part = multi_string_next(units, count, &at, &length)) != NULL) {
            append_text(text, capacity, *text ? " | " : "");
            add_units(text, capacity, part, length);
        }
        break;
    case REGISTRY_NUMBER:
        memcpy(&value, row->bytes, sizeof(value));
        snprintf(text, capacity, "%u", (unsigned)value);
        break;
    default:
        for (uint32_t i = 0; i < row->size; i++) {
            snprintf(number, sizeof(number), "%02x", ((unsigned char *)row->bytes)[i]);
            append_text(text, capacity, number);
        }
    }
}

static const char *type_name(uint32_t type)
{
    return type == REGISTRY_TEXT     ? "REG_SZ"
           : type == REGISTRY_NUMBER ? "REG_DWORD"
           : type == REGISTRY_LIST   ? "REG_MULTI_SZ"
                                     : "REG_BINARY";
}

static int compare_units(const char16_t *a, const char16_t *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a - *b;
}

static int by_path(const struct key_row *a, const struct key_row *b)
{
    return compare_units(a->path, b->path);
}

static int by_name(const struct value_row *a, const struct value_row *b)
{
    return compare_units(a->name, b->name);
}

void machine_print_keys(struct fake_machine *machine, const char16_t *path, char *text,
                        size_t capacity)
{
    char value[1024];
    HOLD(machine);
    text[0] = 0;
    DL_SORT(machine->keys, by_path);
    for (struct key_row *key = machine->keys; key; key = key->next) {
        if (!text_starts_with(key->path, path))
            continue;
        DL_SORT(key->values, by_name);
        append_text(text, capacity, "[");
        add_units(text, capacity, key->path, text_length(key->path));
        append_text(text, capacity, "]\n");
        for (const struct value_row *row = key->values; row; row = row->next) {
            add_units(text, capacity, row->name, text_length(row->name));
            append_text(text, capacity, " = ");
            append_text(text, capacity, type_name(row->type));
            append_text(text, capacity, " \"");
            print_value(value, sizeof(value), row);
            append_text(text, capacity, value);
            append_text(text, capacity, "\"\n");
        }
    }
}
