/* SPDX-License-Identifier: MIT */
#include "client/cli/profile/judge.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "client/cli/console.h"
#include "client/cli/json.h"
#include "policy/profile/synopsis.h"

#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

enum { LINE_BYTES = 4 * PATH_UNITS };

/* ---- the judgement ---- */

static void judgement_add(void *context, const struct profile_finding *finding)
{
    struct judgement *judgement = context;
    if (judgement->count == judgement->capacity) {
        const size_t capacity = judgement->capacity ? 2 * judgement->capacity : 16;
        struct profile_finding *larger = realloc(judgement->findings, capacity * sizeof(*larger));
        if (!larger) {
            judgement->is_short_of_memory = true;
            return;
        }
        judgement->findings = larger;
        judgement->capacity = capacity;
    }
    judgement->findings[judgement->count++] = *finding;
}

enum exit_code judgement_make(const struct report *report, const char16_t *instance,
                              const char16_t *named, struct judgement *judgement)
{
    char16_t folder[PATH_UNITS];
    CLEANUP(profile_text_free) struct profile_text text = {.bytes = NULL};
    *judgement = (struct judgement){.bytes = NULL};
    uint32_t error = config_file_find(instance, named, judgement->path, folder);
    if (!error)
        error = config_file_read(judgement->path, &judgement->bytes, &judgement->size);
    if (error)
        return config_file_refuse(report, error, named);
    error = profile_check(judgement->bytes, judgement->size, judgement_add, judgement, &text);
    if (error == ERROR_NOT_ENOUGH_MEMORY || judgement->is_short_of_memory)
        return report_no_memory(report);
    judgement->may_run = !error;
    return EXIT_DONE;
}

static void judgement_pass_over(void *context, const struct profile_finding *finding)
{
    (void)context;
    (void)finding;
}

const char *judgement_word(const char16_t *path)
{
    CLEANUP(judgement_free) struct judgement judgement = {.bytes = NULL};
    CLEANUP(profile_text_free) struct profile_text text = {.bytes = NULL};
    if (config_file_read(path, &judgement.bytes, &judgement.size))
        return "unreadable";
    const uint32_t error =
        profile_check(judgement.bytes, judgement.size, judgement_pass_over, NULL, &text);
    return error ? "refused" : "passed";
}

void judgement_free(struct judgement *judgement)
{
    if (judgement->bytes)
        SecureZeroMemory(judgement->bytes, judgement->size);
    free(judgement->bytes);
    free(judgement->findings);
}

/* ---- what is said of it ---- */

static void judgement_print_json(const struct judgement *judgement, const char16_t *imported)
{
    enum { EACH = 1024 };
    const size_t capacity = 2 * 6 * PATH_UNITS + 256 + judgement->count * EACH;
    CLEANUP_FREE char *bytes = malloc(capacity);
    if (!bytes)
        return;
    struct json json = json_begin(bytes, capacity);
    json_number(&json, "schema", 1);
    json_text(&json, "file", judgement->path);
    json_boolean(&json, "may_run", judgement->may_run);
    if (imported)
        json_text(&json, "imported", imported);
    json_begin_array(&json, "lines");
    for (size_t i = 0; i < judgement->count; i++) {
        const struct profile_finding *finding = &judgement->findings[i];
        json_begin_item(&json);
        json_number(&json, "line", finding->line);
        json_string(&json, "verdict", profile_verdict_name(finding->verdict));
        if (*finding->name)
            json_string(&json, "directive", finding->name);
        if (finding->argument)
            json_number(&json, "argument", finding->argument);
        json_string(&json, "what", finding->reason);
        json_string(&json, "advice", finding->advice);
        json_end_item(&json);
    }
    json_end_array(&json);
    console_write(CONSOLE_OUTPUT, bytes, json_end(&json));
}

static void judgement_print_finding(const struct profile_finding *finding)
{
    static const char *const says[] = {
        [PROFILE_LEFT_OUT] = "left out",    [PROFILE_REFUSED] = "refused",
        [PROFILE_UNKNOWN] = "unknown",      [PROFILE_WRONG] = "refused",
        [PROFILE_BROKEN] = "can't be read",
    };
    char argument[32] = "";
    if (finding->argument)
        snprintf(argument, sizeof(argument), "argument %u: ", (unsigned)finding->argument);
    console_print(CONSOLE_OUTPUT, "line %u%s%s: %s: %s%s\n", (unsigned)finding->line,
                  *finding->name ? ", " : "", finding->name, says[finding->verdict], argument,
                  finding->reason);
    if (finding->verdict != PROFILE_LEFT_OUT)
        console_print(CONSOLE_OUTPUT, "    %s\n", finding->advice);
}

void judgement_print(const struct report *report, const struct judgement *judgement,
                     const char16_t *imported)
{
    char line[LINE_BYTES];
    if (report->json) {
        judgement_print_json(judgement, imported);
        return;
    }
    for (size_t i = 0; i < judgement->count; i++)
        judgement_print_finding(&judgement->findings[i]);
    console_print(CONSOLE_OUTPUT, "%s: it %s.\n", text_to_line(judgement->path, line, sizeof(line)),
                  judgement->may_run ? "may run for a user without special rights"
                                     : "may not run for a user without special rights");
    if (imported)
        console_print(CONSOLE_OUTPUT, "Imported as %s\n",
                      text_to_line(imported, line, sizeof(line)));
}
