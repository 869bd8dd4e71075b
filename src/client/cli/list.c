/* SPDX-License-Identifier: MIT */
#include "client/cli/commands.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "client/cli/configs.h"
#include "client/cli/console.h"
#include "client/cli/json.h"
#include "client/cli/profile/judge.h"
#include "client/cli/report.h"
#include "client/cli/table.h"

#include <stdlib.h>
#include <string.h>

/* A file, and what is shown of it. */
struct listed {
    const struct config *config;
    const char *check; /* one word */
};

static struct listed *list_make(const struct configs *configs)
{
    struct listed *rows = calloc(configs->count + 1, sizeof(*rows));
    for (size_t i = 0; rows && i < configs->count; i++) {
        const struct config *config = &configs->items[i];
        const bool is_checked = !config->is_service || configs->are_all_checked;
        rows[i].config = config;
        rows[i].check = is_checked ? judgement_word(config->path) : "unneeded";
    }
    return rows;
}

static void write_config_name(const void *row, char cell[TABLE_CELL_BYTES])
{
    text_to_line(((const struct listed *)row)->config->name, cell, TABLE_CELL_BYTES);
}

static const char *folder_of(const struct config *config)
{
    return config->is_service ? "service" : "user";
}

static void write_config_folder(const void *row, char cell[TABLE_CELL_BYTES])
{
    strcpy(cell, folder_of(((const struct listed *)row)->config));
}

static void write_config_check(const void *row, char cell[TABLE_CELL_BYTES])
{
    strcpy(cell, ((const struct listed *)row)->check);
}

static void write_config_path(const void *row, char cell[TABLE_CELL_BYTES])
{
    text_to_line(((const struct listed *)row)->config->path, cell, TABLE_CELL_BYTES);
}

static const struct column columns[] = {{"NAME", false, write_config_name},
                                        {"FOLDER", false, write_config_folder},
                                        {"CHECK", false, write_config_check},
                                        {"FILE", false, write_config_path}};

static enum exit_code print_json(const struct report *report, const struct listed *rows,
                                 size_t count)
{
    enum { EACH = 256 + 6 * (CONFIG_NAME_UNITS + CONFIG_PATH_UNITS) };
    const size_t capacity = 256 + count * EACH;
    CLEANUP_FREE char *bytes = malloc(capacity);
    if (!bytes)
        return report_no_memory(report);
    struct json json = json_begin(bytes, capacity);
    json_number(&json, "schema", 1);
    json_begin_array(&json, "configs");
    for (size_t i = 0; i < count; i++) {
        json_begin_item(&json);
        json_text(&json, "name", rows[i].config->name);
        json_string(&json, "folder", folder_of(rows[i].config));
        json_string(&json, "check", rows[i].check);
        json_text(&json, "file", rows[i].config->path);
        json_end_item(&json);
    }
    json_end_array(&json);
    console_write(CONSOLE_OUTPUT, bytes, json_end(&json));
    return EXIT_DONE;
}

static void print_table(const struct listed *rows, size_t count)
{
    if (count)
        table_print(columns, ARRAY_COUNT(columns), rows, sizeof(*rows), count);
    else
        console_print(
            CONSOLE_OUTPUT,
            "There are no configuration files (*.ovpn) in your folder for OpenVPN, nor in "
            "the service's.\n");
}

enum exit_code command_list(const struct arguments *arguments)
{
    const struct report report = report_begin(arguments->json);
    CLEANUP(configs_free) struct configs configs;
    configs_find(arguments->instance, &configs);
    CLEANUP_FREE struct listed *rows = configs.is_short_of_memory ? NULL : list_make(&configs);
    if (!rows)
        return report_no_memory(&report);
    if (arguments->json)
        return print_json(&report, rows, configs.count);
    print_table(rows, configs.count);
    return EXIT_DONE;
}
