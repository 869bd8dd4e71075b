/* SPDX-License-Identifier: MIT */
#include "client/cli/commands.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "client/cli/console.h"
#include "client/cli/firewall_text.h"
#include "client/cli/local_time.h"
#include "client/cli/sessions.h"
#include "client/cli/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { WATCH_INTERVAL = 1000 /* ms */ };

/* ---- the table ---- */

static void cell_of_text(const char16_t *text, char cell[TABLE_CELL_BYTES])
{
    text_to_line(*text ? text : u"-", cell, TABLE_CELL_BYTES);
}

static void cell_of_number(uint64_t number, char cell[TABLE_CELL_BYTES])
{
    snprintf(cell, TABLE_CELL_BYTES, "%llu", (unsigned long long)number);
}

static void write_name(const void *row, char cell[TABLE_CELL_BYTES])
{
    char16_t name[SESSION_NAME_UNITS];
    session_name(row, name);
    cell_of_text(name, cell);
}

static void write_state(const void *row, char cell[TABLE_CELL_BYTES])
{
    strcpy(cell, session_state(row));
}

static void write_user(const void *row, char cell[TABLE_CELL_BYTES])
{
    cell_of_text(((const struct gatehouse_session *)row)->user, cell);
}

static void write_since(const void *row, char cell[TABLE_CELL_BYTES])
{
    _Static_assert((int)TABLE_CELL_BYTES >= (int)LOCAL_TIME_SIZE, "a time fits");
    local_time(((const struct gatehouse_session *)row)->since, cell);
}

static void write_adapter(const void *row, char cell[TABLE_CELL_BYTES])
{
    cell_of_text(((const struct gatehouse_session *)row)->adapter, cell);
}

#define WRITE_NUMBER(member)                                                                       \
    static void write_##member(const void *row, char cell[TABLE_CELL_BYTES])                       \
    {                                                                                              \
        cell_of_number(((const struct gatehouse_session *)row)->member, cell);                     \
    }
WRITE_NUMBER(addresses)
WRITE_NUMBER(routes)
WRITE_NUMBER(name_servers)
WRITE_NUMBER(rules)
WRITE_NUMBER(filters)
WRITE_NUMBER(process_id)

static const struct column columns[] = {
    {"NAME", false, write_name},         {"STATE", false, write_state},
    {"USER", false, write_user},         {"SINCE", false, write_since},
    {"ADAPTER", false, write_adapter},   {"ADDRESSES", true, write_addresses},
    {"ROUTES", true, write_routes},      {"DNS", true, write_name_servers},
    {"RULES", true, write_rules},        {"FILTERS", true, write_filters},
    {"PROCESS", true, write_process_id},
};
_Static_assert(ARRAY_COUNT(columns) <= TABLE_MAX_COLUMNS, "the table is too wide");

/* ---- all of it ---- */

static void print_service(const struct gatehouse_status *status)
{
    char version[64];
    const unsigned long long minutes = status->uptime / 60;
    console_print(CONSOLE_OUTPUT,
                  "The service runs for %llu h %llu min: version %s, process %lu, %llu changes in "
                  "place.\n",
                  minutes / 60, minutes % 60,
                  text_to_line(status->version, version, sizeof(version)),
                  (unsigned long)status->process_id, (unsigned long long)status->open_entries);
    if (status->start_undone || status->start_left_alone || status->start_failed)
        console_print(CONSOLE_OUTPUT,
                      "Its start has put back %llu changes of a service that had died; %llu were "
                      "left alone, %llu have failed.\n",
                      (unsigned long long)status->start_undone,
                      (unsigned long long)status->start_left_alone,
                      (unsigned long long)status->start_failed);
    if (status->left)
        console_print(
            CONSOLE_OUTPUT,
            "%llu changes of ended connections could not be undone yet. The service tries "
            "again; an administrator can have it try now: gatehouse cleanup\n",
            (unsigned long long)status->left);
}

static void print_status(const struct gatehouse_status *status, const char16_t *name)
{
    char line[SESSION_NAME_UNITS];
    print_service(status);
    if (status->firewall.is_up || status->firewall.code)
        firewall_print(&status->firewall);
    if (status->count)
        table_print(columns, ARRAY_COUNT(columns), status->sessions, sizeof(*status->sessions),
                    status->count);
    else if (name)
        console_print(CONSOLE_OUTPUT, "There is no connection %s.\n",
                      text_to_line(name, line, sizeof(line)));
    else
        console_print(CONSOLE_OUTPUT, "There are no connections.\n");
}

/* The service closes a connection that is silent for two seconds, so each look is one of its own.
 */
static struct gatehouse_status *look(const struct arguments *arguments, const struct report *report,
                                     enum exit_code *exit)
{
    CLEANUP(sessions_close)
    struct gatehouse_control *control = sessions_open(arguments, report, exit);
    return control ? sessions_ask(control, arguments->operand, report, exit) : NULL;
}

static enum exit_code show(const struct arguments *arguments, const struct report *report,
                           const struct gatehouse_status *status)
{
    if (!arguments->json) {
        print_status(status, arguments->operand);
        return EXIT_DONE;
    }
    CLEANUP_FREE char *json = sessions_to_json(status, true);
    if (!json)
        return report_no_memory(report);
    console_write(CONSOLE_OUTPUT, json, strlen(json));
    return EXIT_DONE;
}

static bool any_is_connected(const struct gatehouse_status *status)
{
    for (size_t i = 0; i < status->count; i++)
        if (session_is_connected(&status->sessions[i]))
            return true;
    return false;
}

/* ---- --watch ---- */

/* What is appended to a file or a pipe is worth a line only if a session has changed. */
static enum exit_code show_change(const struct arguments *arguments, const struct report *report,
                                  const struct gatehouse_status *status, char **shown)
{
    const bool is_screen = !arguments->json && console_clear();
    char *json = sessions_to_json(status, false);
    if (!json)
        return report_no_memory(report);
    const bool is_news = is_screen || !*shown || strcmp(json, *shown) != 0;
    free(*shown);
    *shown = json;
    return is_news ? show(arguments, report, status) : EXIT_DONE;
}

static enum exit_code watch(const struct arguments *arguments, const struct report *report)
{
    CLEANUP_FREE char *shown = NULL;
    enum exit_code exit = EXIT_DONE;
    HANDLE end = console_watch_for_end();
    do {
        CLEANUP(sessions_free) struct gatehouse_status *status = look(arguments, report, &exit);
        if (status)
            exit = show_change(arguments, report, status, &shown);
    } while (exit == EXIT_DONE && WaitForSingleObject(end, WATCH_INTERVAL) == WAIT_TIMEOUT);
    console_ended();
    return exit;
}

enum exit_code command_status(const struct arguments *arguments)
{
    const struct report report = report_begin(arguments->json);
    enum exit_code exit = EXIT_DONE;
    if (arguments->watch)
        return watch(arguments, &report);
    CLEANUP(sessions_free) struct gatehouse_status *status = look(arguments, &report, &exit);
    if (!status)
        return exit;
    if (arguments->quiet)
        return any_is_connected(status) ? EXIT_DONE : EXIT_NOT_CONNECTED;
    return show(arguments, &report, status);
}
