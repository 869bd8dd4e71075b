/* SPDX-License-Identifier: MIT */
#include "client/cli/firewall/option_line.h"

#include <stdbool.h>

enum line_state { BETWEEN_WORDS, IN_PLAIN_WORD, IN_DOUBLE_QUOTES, IN_SINGLE_QUOTES };

struct line_splitter {
    struct option_line *line;
    enum line_state state;
    bool is_escaped; /* a backslash stands before */
    size_t length;   /* of line->bytes */
    size_t begin;    /* of the word there */
};

static bool line_is_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static void line_put(struct line_splitter *splitter, char byte)
{
    splitter->line->bytes[splitter->length++] = byte;
}

static void line_end_word(struct line_splitter *splitter)
{
    struct option_line *line = splitter->line;
    line_put(splitter, '\0');
    if (line->count < OPTION_WORDS)
        line->words[line->count++] = line->bytes + splitter->begin;
    splitter->begin = splitter->length;
    splitter->state = BETWEEN_WORDS;
}

/* Returns false where a comment begins. */
static bool line_begin_word(struct line_splitter *splitter, char byte)
{
    if (line_is_blank(byte))
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
    if ((splitter->state == IN_PLAIN_WORD && is_plain && line_is_blank(byte)) ||
        (splitter->state == IN_DOUBLE_QUOTES && is_plain && byte == '"') ||
        (splitter->state == IN_SINGLE_QUOTES && byte == '\''))
        line_end_word(splitter);
    else
        line_put(splitter, byte);
    return true;
}

const char *option_line_split(const char *text, size_t size, struct option_line *line)
{
    struct line_splitter splitter = {.line = line};
    line->count = 0;
    if (size > OPTION_LINE_BYTES)
        return "the line is too long";
    for (size_t i = 0; i < size; i++) {
        if (!splitter.is_escaped && text[i] == '\\' && splitter.state != IN_SINGLE_QUOTES) {
            splitter.is_escaped = true;
            continue;
        }
        if (!line_take(&splitter, text[i]))
            return NULL;
        splitter.is_escaped = false;
    }
    if (splitter.state == IN_DOUBLE_QUOTES || splitter.state == IN_SINGLE_QUOTES)
        return "a quotation mark is missing";
    if (splitter.state == IN_PLAIN_WORD)
        line_end_word(&splitter);
    return NULL;
}
