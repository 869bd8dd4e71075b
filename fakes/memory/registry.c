/* SPDX-License-Identifier: MIT */
/* The registry of the machine: keys by full path, each with its values. */
#include "fakes/memory/rows.h"

#include "base/errors.h"
#include "dns/multi_string.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static struct fake_machine *registry_machine(struct registry *self)
{
    return (struct fake_machine *)(void *)((char *)self - offsetof(struct fake_machine, registry));
}

/* ---- rows ---- */

static char16_t fold(char16_t unit)
{
    return unit >= 'A' && unit <= 'Z' ? (char16_t)(unit + 'a' - 'A') : unit;
}

size_t path_prefix(const char16_t *text, const char16_t *prefix)
{
    size_t i = 0;
    while (prefix[i] && fold(text[i]) == fold(prefix[i]))
        i++;
    return prefix[i] ? 0 : i;
}

static bool names_equal(const char16_t *a, const char16_t *b)
{
    while (*a && fold(*a) == fold(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

/* FNV-1a without letter case, from the end: most keys differ only there. */
static uint32_t hash_of(const char16_t *path)
{
    uint32_t hash = 2166136261u;
    for (; *path; path++)
        hash = (hash ^ fold(*path)) * 16777619u;
    return hash;
}

struct key_row *find_key(const struct fake_machine *machine, const char16_t *path)
{
    const uint32_t hash = hash_of(path);
    struct key_row *row = machine->keys;
    while (row && (row->hash != hash || !names_equal(row->path, path)))
        row = row->next;
    return row;
}

struct value_row *find_value(const struct key_row *key, const char16_t *name)
{
    struct value_row *row = key->values;
    while (row && !names_equal(row->name, name))
        row = row->next;
    return row;
}

static void *copy_of(const void *bytes, size_t size)
{
    unsigned char *copy = allocate(size + 1);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

static char16_t *name_of(const char16_t *text)
{
    return copy_of(text, (text_length(text) + 1) * sizeof(*text));
}

struct key_row *append_key(struct fake_machine *machine, const char16_t *path)
{
    struct key_row *row = allocate(sizeof(*row));
    row->path = name_of(path);
    row->hash = hash_of(path);
    DL_APPEND(machine->keys, row);
    return row;
}

struct key_row *insert_key(struct fake_machine *machine, const char16_t *path)
{
    struct key_row *row = find_key(machine, path);
    if (row)
        return row;
    char16_t *above = name_of(path);
    for (char16_t *end = above; *end; end++) {
        if (*end != '\\')
            continue;
        *end = 0;
        if (!find_key(machine, above))
            append_key(machine, above);
        *end = '\\';
    }
    free(above);
    return append_key(machine, path);
}

void remove_value(struct key_row *key, struct value_row *row)
{
    DL_DELETE(key->values, row);
    free(row->name);
    free(row->bytes);
    free(row);
}

void insert_value(struct key_row *key, const char16_t *name, uint32_t type, const void *bytes,
                  uint32_t size)
{
    struct value_row *row = find_value(key, name);
    if (!row) {
        row = allocate(sizeof(*row));
        row->name = name_of(name);
        DL_APPEND(key->values, row);
    }
    free(row->bytes);
    row->type = type;
    row->size = size;
    row->bytes = copy_of(bytes, size);
}

void remove_key(struct fake_machine *machine, struct key_row *row)
{
    while (row->values)
        remove_value(row, row->values);
    DL_DELETE(machine->keys, row);
    free(row->path);
    free(row);
}

/* The name of the sub-key of `path` that `row` is or lies in, or NULL. */
static const char16_t *name_below(const struct key_row *row, const char16_t *path)
{
    size_t length = path_prefix(row->path, path);
    if (!length || row->path[length] != '\\')
        return NULL;
    return text_find(row->path + length + 1, '\\') ? NULL : row->path + length + 1;
}

/* ---- the operations ---- */

static uint32_t enter_key(struct fake_machine *machine, enum operation operation,
                          const char16_t *path, struct key_row **key)
{
    uint32_t error = enter(machine, operation);
    *key = error ? NULL : find_key(machine, path);
    return error || *key ? error : ERROR_FILE_NOT_FOUND;
}

static uint32_t get_value(struct registry *self, const char16_t *path, const char16_t *name,
                          struct registry_data *data)
{
    struct fake_machine *machine = registry_machine(self);
    struct key_row *key;
    HOLD(machine);
    uint32_t error = enter_key(machine, GET_VALUE, path, &key);
    const struct value_row *row = error ? NULL : find_value(key, name);
    if (!row)
        return error ? error : ERROR_FILE_NOT_FOUND;
    *data = (struct registry_data){row->type, row->size, copy_of(row->bytes, row->size)};
    return 0;
}

/* Whether Windows' DNS client reads it. `name` is the name of a value, or NULL for the key
 * itself. */
static bool is_of_dns(const char16_t *path, const char16_t *name)
{
    static const char16_t *const places[] = {
        u"SYSTEM\\CurrentControlSet\\Services\\Dnscache\\Parameters\\DnsPolicyConfig\\",
        u"SOFTWARE\\Policies\\Microsoft\\Windows NT\\DNSClient\\DnsPolicyConfig\\"};
    static const char16_t *const names[] = {u"NameServer", u"SearchList", u"Domain"};
    bool is_read = false;
    for (size_t i = 0; i < ARRAY_COUNT(places); i++)
        is_read |= text_starts_with(path, places[i]);
    for (size_t i = 0; name && i < ARRAY_COUNT(names); i++)
        is_read |= text_equal(name, names[i]);
    return is_read;
}

static uint32_t set_value(struct registry *self, const char16_t *path, const char16_t *name,
                          uint32_t type, const void *bytes, uint32_t size)
{
    struct fake_machine *machine = registry_machine(self);
    struct key_row *key;
    HOLD(machine);
    uint32_t error = enter_key(machine, SET_VALUE, path, &key);
    if (!error)
        error = step(machine, SET_VALUE);
    if (error)
        return error;
    insert_value(key, name, type, bytes, size);
    machine->is_dns_untold |= is_of_dns(path, name);
    return step(machine, SET_VALUE);
}

static uint32_t delete_value(struct registry *self, const char16_t *path, const char16_t *name)
{
    struct fake_machine *machine = registry_machine(self);
    struct key_row *key;
    HOLD(machine);
    uint32_t error = enter_key(machine, DELETE_VALUE, path, &key);
    struct value_row *row = error ? NULL : find_value(key, name);
    if (!row)
        return error ? error : ERROR_FILE_NOT_FOUND;
    error = step(machine, DELETE_VALUE);
    if (error)
        return error;
    remove_value(key, row);
    machine->is_dns_untold |= is_of_dns(path, name);
    return step(machine, DELETE_VALUE);
}

static uint32_t count(struct registry *self, const char16_t *path, uint32_t *keys, uint32_t *values)
{
    struct fake_machine *machine = registry_machine(self);
    struct key_row *key;
    HOLD(machine);
    uint32_t error = enter_key(machine, COUNT, path, &key);
    if (error)
        return error;
    *keys = *values = 0;
    for (const struct key_row *row = machine->keys; row; row = row->next)
        *keys += name_below(row, path) != NULL;
    for (const struct value_row *row = key->values; row; row = row->next)
        *values += 1;
    return 0;
}

static uint32_t list_keys(struct registry *self, const char16_t *path, char16_t **names,
                          uint32_t *units)
{
    enum { CAPACITY = 8192 };
    struct fake_machine *machine = registry_machine(self);
    struct key_row *key;
    HOLD(machine);
    uint32_t error = enter_key(machine, LIST_KEYS, path, &key);
    if (error)
        return error;
    *names = allocate(CAPACITY * sizeof(**names));
    struct multi_string list = multi_string_on(*names, CAPACITY);
    for (const struct key_row *row = machine->keys; row; row = row->next) {
        const char16_t *name = name_below(row, path);
        if (name && !multi_string_append(&list, name, text_length(name)))
            abort();
    }
    *units = (uint32_t)multi_string_count(&list);
    return 0;
}

static uint32_t create_level(struct fake_machine *machine, const char16_t *path)
{
    uint32_t error = step(machine, CREATE_KEY);
    if (error)
        return error;
    append_key(machine, path);
    return step(machine, CREATE_KEY);
}

static uint32_t create_key(struct registry *self, const char16_t *path)
{
    struct fake_machine *machine = registry_machine(self);
    HOLD(machine);
    uint32_t error = enter(machine, CREATE_KEY);
    char16_t *level = name_of(path);
    for (char16_t *end = level; !error; end++) {
        const char16_t unit = *end;
        if (unit && unit != '\\')
            continue;
        *end = 0;
        if (!find_key(machine, level))
            error = create_level(machine, level);
        *end = unit;
        if (!unit)
            break;
    }
    free(level);
    return error;
}

static uint32_t delete_key(struct registry *self, const char16_t *path)
{
    struct fake_machine *machine = registry_machine(self);
    struct key_row *key;
    HOLD(machine);
    uint32_t error = enter_key(machine, DELETE_KEY, path, &key);
    if (error)
        return error;
    for (const struct key_row *row = machine->keys; row; row = row->next)
        if (name_below(row, path))
            return ERROR_ACCESS_DENIED;
    error = step(machine, DELETE_KEY);
    if (error)
        return error;
    machine->is_dns_untold |= is_of_dns(path, NULL);
    remove_key(machine, key);
    return step(machine, DELETE_KEY);
}

/* Waits without a limit: a test that hangs here has found a thread that did not leave. */
static uint32_t enter_exclusion(struct registry *self)
{
    struct fake_machine *machine = registry_machine(self);
    HOLD(machine);
    uint32_t error = enter(machine, ENTER);
    if (error)
        return error;
    while (machine->is_entered)
        condition_wait(&machine->left, &machine->lock);
    machine->is_entered = true;
    machine->entered_by = own_process();
    return 0;
}

static void leave_exclusion(struct registry *self)
{
    struct fake_machine *machine = registry_machine(self);
    HOLD(machine);
    if (!machine->is_entered)
        abort();
    machine->is_entered = false;
    condition_wake_all(&machine->left);
}

static uint32_t flush(struct registry *self)
{
    struct fake_machine *machine = registry_machine(self);
    HOLD(machine);
    uint32_t error = enter(machine, FLUSH);
    return error ? error : step(machine, FLUSH);
}

void registry_open(struct registry *registry)
{
    static const struct registry operations = {
        .get_value = get_value,
        .set_value = set_value,
        .delete_value = delete_value,
        .count = count,
        .list_keys = list_keys,
        .create_key = create_key,
        .delete_key = delete_key,
        .enter = enter_exclusion,
        .leave = leave_exclusion,
        .flush = flush,
    };
    memcpy(registry, &operations, sizeof(operations));
}
