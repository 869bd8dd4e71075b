/* SPDX-License-Identifier: MIT */
#include "policy/profile/reader.h"

#include <string.h>

struct profile_reader profile_reader_begin(const char *text, size_t size)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* of UTF-8, which editors put before a text */
    const bool has_mark = size >= 3 && memcmp(text, mark, 3) == 0;
    return (struct profile_reader){.text = {text, size}, .at = has_mark ? 3 : 0};
}

struct profile_reader profile_reader_enter(const struct profile_item *block)
{
    return (struct profile_reader){.text = block->content, .number = block->number};
}

bool profile_reader_line(struct profile_reader *reader, struct profile_span *line)
{
    const size_t left = reader->text.size - reader->at;
    if (!left)
        return false;
    line->text = reader->text.text + reader->at;
    const char *end = memchr(line->text, '\n', left);
    line->size = end ? (size_t)(end - line->text) : left;
    if (end && line->size && line->text[line->size - 1] == '\r')
        line->size--;
    reader->at += end ? (size_t)(end - line->text) + 1 : left;
    reader->number++;
    return true;
}

static enum profile_item_kind reader_refuse(struct profile_item *item, size_t number,
                                            const char *problem)
{
    item->number = number;
    item->problem = problem;
    return item->kind = PROFILE_BAD_LINE;
}

/* ---- blocks ---- */

/* <name>, the only word of its line. */
static bool reader_is_tag(const struct profile_line *line)
{
    const char *word = line->words[0];
    return line->count == 1 && word[0] == '<' && word[strlen(word) - 1] == '>';
}

/* Whether the line ends the block of this tag, such as "<ca>". */
static bool reader_is_end(const struct profile_span *line, const char *tag)
{
    size_t at = 0;
    const size_t length = strlen(tag) - 1;
    while (at < line->size && profile_is_blank(line->text[at]))
        at++;
    return line->size - at >= length + 2 && memcmp(line->text + at, "</", 2) == 0 &&
           memcmp(line->text + at + 2, tag + 1, length) == 0;
}

/* Whether a reader for whom other bytes are blank, such as a no-break space, might take the line
 * for an end. */
static bool reader_resembles_end(const struct profile_span *line)
{
    size_t at = 0;
    while (at < line->size && (profile_is_blank(line->text[at]) || line->text[at] & 0x80))
        at++;
    return line->size - at >= 2 && memcmp(line->text + at, "</", 2) == 0;
}

static const char *reader_problem_of_inline_line(const struct profile_span *line)
{
    size_t size = line->size;
    const char *problem = profile_line_problem(line->text, size);
    while (size && line->text[size - 1] == '\r')
        size--;
    if (!problem && size && memchr(line->text, '\r', size))
        problem = "the line has a carriage return in its middle";
    if (!problem && reader_resembles_end(line))
        problem = "this is the end of another block";
    return problem;
}

/* Leaves of <name> the name. */
static void reader_bare_tag(struct profile_line *line)
{
    const size_t begin = (size_t)(line->words[0] - line->bytes);
    line->bytes[begin + strlen(line->words[0]) - 1] = '\0';
    line->words[0]++;
}

/* Goes on to the end of the block that the item begins. */
static enum profile_item_kind reader_take_block(struct profile_reader *reader,
                                                struct profile_item *item)
{
    char tag[PROFILE_LINE_BYTES + 1];
    const size_t begin = reader->at, number = reader->number;
    const char *problem = NULL;
    size_t problem_at = 0, before = begin;
    struct profile_span line;
    strcpy(tag, item->line.words[0]);
    const bool is_any = reader->takes_any_content || strcmp(tag, "<connection>") == 0;
    while (profile_reader_line(reader, &line)) {
        if (reader_is_end(&line, tag)) {
            if (!problem && profile_line_problem(line.text, line.size)) {
                problem = profile_line_problem(line.text, line.size);
                problem_at = reader->number;
            }
            if (problem)
                return reader_refuse(item, problem_at, problem);
            item->content = (struct profile_span){reader->text.text + begin, before - begin};
            reader_bare_tag(&item->line);
            return item->kind = PROFILE_BLOCK;
        }
        before = reader->at;
        const char *wrong = is_any ? NULL : reader_problem_of_inline_line(&line);
        if (wrong && !problem) {
            problem = wrong;
            problem_at = reader->number;
        }
    }
    return reader_refuse(item, number, "the end of the block is missing");
}

/* ---- the next item ---- */

static enum profile_item_kind reader_take_line(struct profile_reader *reader,
                                               struct profile_item *item)
{
    struct profile_line *line = &item->line;
    if (strncmp(line->words[0], "--", 2) == 0 && line->words[0][2])
        line->words[0] += 2;
    if (reader_is_tag(line))
        return reader_take_block(reader, item);
    return item->kind = PROFILE_DIRECTIVE;
}

enum profile_item_kind profile_reader_next(struct profile_reader *reader, struct profile_item *item)
{
    struct profile_span line;
    *item = (struct profile_item){.kind = PROFILE_END};
    while (profile_reader_line(reader, &line)) {
        item->number = reader->number;
        item->problem = profile_line_split(line.text, line.size, &item->line);
        if (item->problem)
            return reader_refuse(item, reader->number, item->problem);
        if (item->line.count)
            return reader_take_line(reader, item);
    }
    return PROFILE_END;
}
