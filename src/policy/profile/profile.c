/* SPDX-License-Identifier: MIT */
#include "policy/profile/profile.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/errors.h"
#include "policy/profile/arguments.h"

#include <string.h>

enum { IGNORED_MAX = 64 };

static const char REMOVE[] = "Remove the line if the connection works without it; otherwise ask an "
                             "administrator to put the profile into the service's folder.";
static const char CORRECT[] = "Correct the line, or get the profile anew from whom you have it.";
static const char NOTHING[] = "Nothing is to be done.";

/* A line that is judged: the words from the directive's name on. */
struct profile_words {
    const char *const *items;
    size_t count;
    size_t number;
    bool is_in_connection;
    bool may_be_unknown; /* behind `setenv opt` */
};

struct profile_check {
    profile_report *report;
    void *context;
    bool is_refused;
    struct profile_writer writer;
    char ignored[IGNORED_MAX][DIRECTIVE_NAME_BYTES]; /* by ignore-unknown-option */
    size_t ignored_count;
};

/* ---- findings ---- */

/* Only what can be the name of a directive: a line of a key, in the wrong place, is none. */
static void finding_name(struct profile_finding *finding, const char *name)
{
    const size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (!name[length] && length < sizeof(finding->name))
        strcpy(finding->name, name);
}

static void check_report(struct profile_check *check, const struct profile_finding *finding)
{
    if (finding->verdict != PROFILE_LEFT_OUT)
        check->is_refused = true;
    check->report(check->context, finding);
}

static void check_find(struct profile_check *check, enum profile_verdict verdict, size_t number,
                       const char *name, const char *reason)
{
    static const char *const advices[] = {
        [PROFILE_LEFT_OUT] = NOTHING, [PROFILE_REFUSED] = REMOVE, [PROFILE_UNKNOWN] = REMOVE,
        [PROFILE_WRONG] = CORRECT,    [PROFILE_BROKEN] = CORRECT,
    };
    struct profile_finding finding = {
        .verdict = verdict, .line = number, .reason = reason, .advice = advices[verdict]};
    finding_name(&finding, name);
    check_report(check, &finding);
}

static void check_find_argument(struct profile_check *check, const struct profile_words *words,
                                const char *reason, size_t argument)
{
    struct profile_finding finding = {.verdict = PROFILE_WRONG,
                                      .line = words->number,
                                      .argument = argument,
                                      .reason = reason,
                                      .advice = CORRECT};
    finding_name(&finding, words->items[0]);
    check_report(check, &finding);
}

/* ---- names ---- */

static bool check_ignores(const struct profile_check *check, const char *name)
{
    for (size_t i = 0; i < check->ignored_count; i++)
        if (strcmp(check->ignored[i], name) == 0)
            return true;
    return false;
}

/* `words` are ignore-unknown-option and the names that follow it, with or without dashes. */
static void check_add_ignored(struct profile_check *check, const struct profile_words *words)
{
    for (size_t i = 1; i < words->count; i++) {
        const char *name = words->items[i];
        if (strncmp(name, "--", 2) == 0)
            name += 2;
        if (strlen(name) >= DIRECTIVE_NAME_BYTES || check->ignored_count == IGNORED_MAX) {
            check_find_argument(check, words, "there are too many names, or this is too long", i);
            return;
        }
        strcpy(check->ignored[check->ignored_count++], name);
    }
}

/* The row of the directive if it is to be written. Otherwise what is to be said has been said. */
static const struct directive *check_find_row(struct profile_check *check,
                                              const struct profile_words *words)
{
    const char *name = words->items[0];
    const struct directive *row = directive_find(name);
    if (!row) {
        const bool is_ignored = words->may_be_unknown || check_ignores(check, name);
        check_find(check, is_ignored ? PROFILE_LEFT_OUT : PROFILE_UNKNOWN, words->number, name,
                   is_ignored ? "it is unknown, and the profile says that it may be"
                              : "it is no directive of a client that is known here");
        return NULL;
    }
    if (row->rule != DIRECTIVE_ALLOWED) {
        check_find(check, row->rule == DIRECTIVE_REFUSED ? PROFILE_REFUSED : PROFILE_LEFT_OUT,
                   words->number, name, row->reason);
        return NULL;
    }
    if (words->is_in_connection && !(row->flags & DIRECTIVE_IN_CONNECTION)) {
        check_find(check, PROFILE_REFUSED, words->number, name,
                   "it can't stand in a block <connection>");
        return NULL;
    }
    return row;
}

/* ---- directives ---- */

static void check_write(struct profile_check *check, const struct profile_words *words)
{
    const char *problem =
        profile_write_words(&check->writer, words->number, words->items, words->count);
    if (problem)
        check_find(check, PROFILE_BROKEN, words->number, words->items[0], problem);
}

static void check_directive(struct profile_check *check, const struct profile_words *words)
{
    size_t which;
    const struct directive *row = check_find_row(check, words);
    if (!row)
        return;
    const char *problem = arguments_problem(row, words->items + 1, words->count - 1, &which);
    if (problem) {
        check_find_argument(check, words, problem, which);
        return;
    }
    if (strcmp(row->name, "ignore-unknown-option") == 0)
        check_add_ignored(check, words);
    check_write(check, words);
}

/* `setenv opt X ...` is X, which an openvpn that does not know it leaves out. */
static void check_line(struct profile_check *check, const struct profile_item *item,
                       bool is_in_connection)
{
    struct profile_words words = {.items = item->line.words,
                                  .count = item->line.count,
                                  .number = item->number,
                                  .is_in_connection = is_in_connection};
    const bool is_setenv = words.count > 1 && strcmp(words.items[0], "setenv") == 0;
    if (is_setenv && strcmp(words.items[1], "FORWARD_COMPATIBLE") == 0) {
        check_find(check, PROFILE_LEFT_OUT, item->number, "setenv",
                   "with it openvpn would pass over what it does not know");
        return;
    }
    if (is_setenv && strcmp(words.items[1], "opt") == 0) {
        if (words.count == 2) {
            check_find(check, PROFILE_LEFT_OUT, item->number, "setenv", "it says nothing");
            return;
        }
        words.items += 2;
        words.count -= 2;
        words.may_be_unknown = true;
    }
    check_directive(check, &words);
}

/* ---- blocks ---- */

static bool check_content(struct profile_check *check, const struct profile_item *item)
{
    struct profile_reader lines = profile_reader_enter(item);
    struct profile_span line;
    while (profile_reader_line(&lines, &line))
        if (!profile_is_utf8(line.text, line.size)) {
            check_find(check, PROFILE_BROKEN, lines.number, "", "the line is not UTF-8");
            return false;
        }
    return true;
}

/* <ca> and the like: the file that the directive names is in the profile. */
static void check_block(struct profile_check *check, const struct profile_item *item,
                        bool is_in_connection)
{
    const char *name = item->line.words[0];
    const struct profile_words words = {.items = item->line.words,
                                        .count = 1,
                                        .number = item->number,
                                        .is_in_connection = is_in_connection};
    const struct directive *row = check_find_row(check, &words);
    if (!row || !check_content(check, item))
        return;
    if (!(row->flags & DIRECTIVE_INLINE)) {
        check_find(check, PROFILE_REFUSED, item->number, name, "it can't be a block");
        return;
    }
    profile_write_tag(&check->writer, item->number, "<", name);
    profile_write_content(&check->writer, &item->content);
    profile_write_tag(&check->writer, 0, "</", name);
}

static void check_items(struct profile_check *check, struct profile_reader *reader,
                        bool is_in_connection);

static void check_connection(struct profile_check *check, const struct profile_item *item,
                             size_t end)
{
    struct profile_reader inside = profile_reader_enter(item);
    profile_write_tag(&check->writer, item->number, "<", "connection");
    check_items(check, &inside, true);
    profile_write_tag(&check->writer, end, "</", "connection");
}

static void check_items(struct profile_check *check, struct profile_reader *reader,
                        bool is_in_connection)
{
    struct profile_item item;
    while (profile_reader_next(reader, &item) != PROFILE_END) {
        if (item.kind == PROFILE_BAD_LINE)
            check_find(check, PROFILE_BROKEN, item.number, "", item.problem);
        else if (item.kind == PROFILE_DIRECTIVE)
            check_line(check, &item, is_in_connection);
        else if (strcmp(item.line.words[0], "connection") == 0 && !is_in_connection)
            check_connection(check, &item, reader->number);
        else
            check_block(check, &item, is_in_connection);
    }
}

/* ---- the whole ---- */

static void check_free(struct profile_check **check)
{
    if (*check)
        profile_text_free(&(*check)->writer.text);
    free(*check);
}

uint32_t profile_check(const char *bytes, size_t size, profile_report *report, void *context,
                       struct profile_text *text)
{
    CLEANUP(check_free) struct profile_check *check = calloc(1, sizeof(*check));
    *text = (struct profile_text){.bytes = NULL};
    if (size > PROFILE_BYTES_MAX)
        return ERROR_FILE_TOO_LARGE;
    if (!check || profile_writer_begin(&check->writer, size))
        return ERROR_NOT_ENOUGH_MEMORY;
    check->report = report;
    check->context = context;
    struct profile_reader reader = profile_reader_begin(bytes, size);
    check_items(check, &reader, false);
    if (check->is_refused)
        return ERROR_INVALID_DATA;
    if (check->writer.is_full)
        return ERROR_NOT_ENOUGH_MEMORY;
    *text = check->writer.text;
    check->writer.text = (struct profile_text){.bytes = NULL};
    return 0;
}
