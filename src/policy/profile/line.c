/* SPDX-License-Identifier: MIT */
#include "policy/profile/line.h"

#include "base/text.h"

#include <string.h>

enum line_state { BETWEEN_WORDS, IN_PLAIN_WORD, IN_DOUBLE_QUOTES, IN_SINGLE_QUOTES };

struct line_splitter {
    struct profile_line *line;
    enum line_state state;
    bool is_escaped; /* a backslash stands before */
    size_t length;   /* of line->bytes */
    size_t begin;    /* of the word there */
    const char *problem;
};

bool profile_is_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool line_is_control(char byte)
{
    const unsigned char value = (unsigned char)byte;
    return value < ' ' || value == 0x7F;
}

const char *profile_line_problem(const char *text, size_t size)
{
    if (size > PROFILE_LINE_BYTES)
        return "the line is longer than 254 bytes";
    for (size_t i = 0; i < size; i++)
        if (line_is_control(text[i]) && text[i] != '\t' && text[i] != '\r')
            return "the line has a control character";
    return NULL;
}

bool profile_is_utf8(const char *text, size_t size)
{
    char16_t units[PROFILE_LINE_BYTES];
    char again[PROFILE_LINE_BYTES + 1];
    if (size > PROFILE_LINE_BYTES)
        return false;
    const size_t length = text_from_utf8(text, size, units, PROFILE_LINE_BYTES);
    return text_to_utf8(units, length, again, sizeof(again)) == size &&
           memcmp(again, text, size) == 0;
}

static void line_put(struct line_splitter *splitter, char byte)
{
    if (line_is_control(byte))
        splitter->problem = "a word has a tab or a carriage return";
    if (splitter->is_escaped && byte != '\\' && byte != '"' && byte != ' ')
        splitter->problem = "a backslash stands before a character that needs none";
    splitter->line->bytes[splitter->length++] = byte;
}

static void line_end_word(struct line_splitter *splitter)
{
    struct profile_line *line = splitter->line;
    splitter->line->bytes[splitter->length++] = '\0';
    if (line->count < PROFILE_WORDS)
        line->words[line->count++] = line->bytes + splitter->begin;
    else
        splitter->problem = "the line has more than 16 words";
    splitter->begin = splitter->length;
    splitter->state = BETWEEN_WORDS;
}

/* Returns false where a comment begins. */
static bool line_begin_word(struct line_splitter *splitter, char byte)
{
    if (profile_is_blank(byte))
        return true;
    if (byte == '#' || byte == ';')
        return false;
    if (!splitter->is_escaped && byte == '"') {
        splitter->state = IN_DOUBLE_QUOTES;
    } else if (!splitter->is_escaped && byte == '\'') {
        splitter->state = IN_SINGLE_QUOTES;
    } else {
        splitter->state = IN_PLAIN_WORD;
        line_put(splitter, byte);
    }
    return true;
}

/* Likewise, for a byte that is no backslash with a meaning of its own. */
static bool line_take(struct line_splitter *splitter, char byte)
{
    const bool is_plain = !splitter->is_escaped;
    if (splitter->state == BETWEEN_WORDS)
        return line_begin_word(splitter, byte);
    if ((splitter->state == IN_PLAIN_WORD && is_plain && profile_is_blank(byte)) ||
        (splitter->state == IN_DOUBLE_QUOTES && is_plain && byte == '"') ||
        (splitter->state == IN_SINGLE_QUOTES && byte == '\''))
        line_end_word(splitter);
    else
        line_put(splitter, byte);
    return true;
}

static const char *line_finish(struct line_splitter *splitter)
{
    if (splitter->is_escaped)
        return "a backslash stands at the end of the line";
    if (splitter->state == IN_DOUBLE_QUOTES || splitter->state == IN_SINGLE_QUOTES)
        return "a quotation mark is missing";
    if (splitter->state == IN_PLAIN_WORD)
        line_end_word(splitter);
    return splitter->problem;
}

const char *profile_line_split(const char *text, size_t size, struct profile_line *line)
{
    struct line_splitter splitter = {.line = line};
    const char *problem = profile_line_problem(text, size);
    *line = (struct profile_line){.count = 0};
    if (problem)
        return problem;
    while (size && text[size - 1] == '\r')
        size--; /* of the line's end */
    for (size_t i = 0; i < size; i++) {
        if (!splitter.is_escaped && text[i] == '\\' && splitter.state != IN_SINGLE_QUOTES) {
            splitter.is_escaped = true;
            continue;
        }
        if (!line_take(&splitter, text[i]))
            return splitter.problem;
        splitter.is_escaped = false;
    }
    return line_finish(&splitter);
}
