/* SPDX-License-Identifier: MIT */
/* How tests set up and read the registry of the machine: these functions are no operations, so they
 * are no steps. */
#include "fakes/memory/rows.h"

#include "dns/multi_string.h"

#include <stdlib.h>

void machine_add_key(struct fake_machine *machine, const char16_t *path)
{
    HOLD(machine);
    insert_key(machine, path);
}

void machine_remove_keys(struct fake_machine *machine, const char16_t *path)
{
    HOLD(machine);
    for (struct key_row *next, *row = machine->keys; row; row = next) {
        next = row->next;
        size_t length = path_prefix(row->path, path);
        if (length && (!row->path[length] || row->path[length] == '\\'))
            remove_key(machine, row);
    }
}

bool machine_has_key(struct fake_machine *machine, const char16_t *path)
{
    HOLD(machine);
    return find_key(machine, path) != NULL;
}

void machine_set_text(struct fake_machine *machine, const char16_t *path, const char16_t *name,
                      const char16_t *text)
{
    HOLD(machine);
    insert_value(insert_key(machine, path), name, REGISTRY_TEXT, text,
                 (uint32_t)((text_length(text) + 1) * sizeof(*text)));
}

void machine_set_number(struct fake_machine *machine, const char16_t *path, const char16_t *name,
                        uint32_t number)
{
    HOLD(machine);
    insert_value(insert_key(machine, path), name, REGISTRY_NUMBER, &number, sizeof(number));
}

void machine_set_list(struct fake_machine *machine, const char16_t *path, const char16_t *name,
                      const char16_t *texts)
{
    char16_t units[256];
    struct multi_string list = MULTI_STRING_ON(units);
    for (const char16_t *start = texts, *end; *start; start = *end ? end + 1 : end) {
        end = text_find(start, ',');
        if (!end)
            end = start + text_length(start);
        if (!multi_string_append(&list, start, (size_t)(end - start)))
            abort();
    }
    HOLD(machine);
    insert_value(insert_key(machine, path), name, REGISTRY_LIST, units,
                 (uint32_t)(multi_string_count(&list) * sizeof(*units)));
}

void machine_remove_value(struct fake_machine *machine, const char16_t *path, const char16_t *name)
{
    HOLD(machine);
    struct key_row *key = find_key(machine, path);
    struct value_row *row = key ? find_value(key, name) : NULL;
    if (row)
        remove_value(key, row);
}

const char *machine_value(struct fake_machine *machine, const char16_t *path, const char16_t *name)
{
    HOLD(machine);
    const struct key_row *key = find_key(machine, path);
    const struct value_row *row = key ? find_value(key, name) : NULL;
    if (!row)
        return NULL;
    print_value(machine->value_text, sizeof(machine->value_text), row);
    return machine->value_text;
}
