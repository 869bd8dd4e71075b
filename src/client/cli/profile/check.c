/* SPDX-License-Identifier: MIT */
#include "client/cli/commands.h"

#include "base/cleanup.h"
#include "client/cli/console.h"
#include "client/cli/json.h"
#include "client/cli/profile/judge.h"
#include "policy/profile/synopsis.h"

#include <stdlib.h>

/* ---- the table ---- */

static enum exit_code check_print_json(const struct report *report)
{
    enum { EACH = 512 };
    const size_t capacity = 256 + directives_count * EACH;
    char synopsis[SYNOPSIS_BYTES];
    CLEANUP_FREE char *bytes = malloc(capacity);
    if (!bytes)
        return report_no_memory(report);
    struct json json = json_begin(bytes, capacity);
    json_number(&json, "schema", 1);
    json_begin_array(&json, "directives");
    for (size_t i = 0; i < directives_count; i++) {
        const struct directive *row = &directives[i];
        json_begin_item(&json);
        json_string(&json, "name", row->name);
        json_string(&json, "synopsis", directive_synopsis(row, synopsis));
        json_string(&json, "rule", directive_rule_name(row->rule));
        json_boolean(&json, "block", row->flags & DIRECTIVE_INLINE);
        json_boolean(&json, "in_connection", row->flags & DIRECTIVE_IN_CONNECTION);
        if (row->reason)
            json_string(&json, "why", row->reason);
        json_end_item(&json);
    }
    json_end_array(&json);
    console_write(CONSOLE_OUTPUT, bytes, json_end(&json));
    return EXIT_DONE;
}

static enum exit_code check_print_rules(const struct report *report)
{
    char synopsis[SYNOPSIS_BYTES];
    if (report->json)
        return check_print_json(report);
    for (size_t i = 0; i < directives_count; i++) {
        const struct directive *row = &directives[i];
        console_print(CONSOLE_OUTPUT, "%-8s  %s%s%s\n", directive_rule_name(row->rule),
                      directive_synopsis(row, synopsis), row->reason ? ": " : "",
                      row->reason ? row->reason : "");
    }
    return EXIT_DONE;
}

/* ---- the command ---- */

enum exit_code command_check(const struct arguments *arguments)
{
    const struct report report = report_begin(arguments->json);
    CLEANUP(judgement_free) struct judgement judgement = {.bytes = NULL};
    if (arguments->rules)
        return check_print_rules(&report);
    enum exit_code exit =
        judgement_make(&report, arguments->instance, arguments->operand, &judgement);
    if (exit != EXIT_DONE)
        return exit;
    judgement_print(&report, &judgement, NULL);
    return judgement.may_run ? EXIT_DONE : EXIT_REFUSED;
}
