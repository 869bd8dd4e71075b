/* SPDX-License-Identifier: MIT */
#include "client/cli/commands.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "client/cli/configs.h"
#include "client/cli/console.h"
#include "client/cli/json.h"
#include "client/cli/report.h"
#include "client/cli/table.h"

#include <stdlib.h>
#include <string.h>

static void write_config_name(const void *row, char cell[TABLE_CELL_BYTES])
{
    text_to_line(((const struct config *)row)->name, cell, TABLE_CELL_BYTES);
}

static const char *folder_of(const struct config *config)
{
    return config->is_service ? "service" : "user";
}

static void write_config_folder(const void *row, char cell[TABLE_CELL_BYTES])
{
    strcpy(cell, folder_of(row));
}

static void write_config_path(const void *row, char cell[TABLE_CELL_BYTES])
{
    text_to_line(((const struct config *)row)->path, cell, TABLE_CELL_BYTES);
}

static const struct column columns[] = {{"NAME", false, write_config_name},
                                        {"FOLDER", false, write_config_folder},
                                        {"FILE", false, write_config_path}};

static enum exit_code print_json(const struct report *report, const struct configs *configs)
{
    enum { EACH = 256 + 6 * (CONFIG_NAME_UNITS + CONFIG_PATH_UNITS) };
    const size_t capacity = 256 + configs->count * EACH;
    CLEANUP_FREE char *bytes = malloc(capacity);
    if (!bytes)
        return report_no_memory(report);
    struct json json = json_begin(bytes, capacity);
    json_number(&json, "schema", 1);
    json_begin_array(&json, "configs");
    for (size_t i = 0; i < configs->count; i++) {
        json_begin_item(&json);
        json_text(&json, "name", configs->items[i].name);
        json_string(&json, "folder", folder_of(&configs->items[i]));
        json_text(&json, "file", configs->items[i].path);
        json_end_item(&json);
    }
    json_end_array(&json);
    console_write(CONSOLE_OUTPUT, bytes, json_end(&json));
    return EXIT_DONE;
}

static void print_table(const struct configs *configs)
{
    if (configs->count)
        table_print(columns, ARRAY_COUNT(columns), configs->items, sizeof(*configs->items),
                    configs->count);
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
    if (configs.is_short_of_memory)
        return report_no_memory(&report);
    if (arguments->json)
        return print_json(&report, &configs);
    print_table(&configs);
    return EXIT_DONE;
}
