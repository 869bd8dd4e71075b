/* SPDX-License-Identifier: MIT */
#include "policy/profile/writer.h"

#include "base/errors.h"

#include <stdlib.h>
#include <string.h>

/* The most that a line of one byte can become, with what may be missing at its end. */
enum { GROWTH = 4, MARGIN = 256 };

/* memset() before free() would be optimised away. */
static void writer_wipe(char *bytes, size_t size)
{
    volatile char *byte = bytes;
    for (size_t i = 0; i < size; i++)
        byte[i] = 0;
}

void profile_text_free(struct profile_text *text)
{
    if (text->bytes)
        writer_wipe(text->bytes, text->size);
    free(text->bytes);
    *text = (struct profile_text){.bytes = NULL};
}

uint32_t profile_writer_begin(struct profile_writer *writer, size_t size)
{
    const size_t capacity = GROWTH * size + MARGIN;
    *writer = (struct profile_writer){.number = 1};
    writer->text.bytes = malloc(capacity);
    if (!writer->text.bytes)
        return ERROR_NOT_ENOUGH_MEMORY;
    writer->text.capacity = capacity;
    return 0;
}

static void writer_put(struct profile_writer *writer, const char *bytes, size_t size)
{
    struct profile_text *text = &writer->text;
    if (size > text->capacity - text->size) {
        writer->is_full = true; /* never so: see GROWTH */
        return;
    }
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

static void writer_move_to(struct profile_writer *writer, size_t number)
{
    for (; writer->number < number; writer->number++)
        writer_put(writer, "\n", 1);
}

static const char *writer_end_line(struct profile_writer *writer, size_t begin)
{
    const size_t size = writer->text.size - begin;
    writer_put(writer, "\n", 1);
    writer->number++;
    return size > PROFILE_LINE_BYTES ? "with its quotes and backslashes the line is too long"
                                     : NULL;
}

/* Whether every openvpn takes it for one word as it is. */
static bool writer_is_plain(const char *word)
{
    static const char others[] = "-._:/+,=@%";
    for (const char *at = word; *at; at++)
        if (!(*at >= '0' && *at <= '9') && !(*at >= 'A' && *at <= 'Z') &&
            !(*at >= 'a' && *at <= 'z') && !strchr(others, *at))
            return false;
    return *word;
}

static void writer_put_word(struct profile_writer *writer, const char *word)
{
    if (writer_is_plain(word)) {
        writer_put(writer, word, strlen(word));
        return;
    }
    writer_put(writer, "\"", 1);
    for (const char *at = word; *at; at++) {
        if (*at == '"' || *at == '\\')
            writer_put(writer, "\\", 1);
        writer_put(writer, at, 1);
    }
    writer_put(writer, "\"", 1);
}

const char *profile_write_words(struct profile_writer *writer, size_t number,
                                const char *const words[], size_t count)
{
    writer_move_to(writer, number);
    const size_t begin = writer->text.size;
    for (size_t i = 0; i < count; i++) {
        if (i)
            writer_put(writer, " ", 1);
        writer_put_word(writer, words[i]);
    }
    return writer_end_line(writer, begin);
}

const char *profile_write_tag(struct profile_writer *writer, size_t number, const char *mark,
                              const char *name)
{
    writer_move_to(writer, number);
    const size_t begin = writer->text.size;
    writer_put(writer, mark, strlen(mark));
    writer_put(writer, name, strlen(name));
    writer_put(writer, ">", 1);
    return writer_end_line(writer, begin);
}

void profile_write_content(struct profile_writer *writer, const struct profile_span *content)
{
    struct profile_reader lines = {.text = *content};
    struct profile_span line;
    while (profile_reader_line(&lines, &line)) {
        while (line.size && line.text[line.size - 1] == '\r')
            line.size--;
        writer_put(writer, line.text, line.size);
        writer_put(writer, "\n", 1);
        writer->number++;
    }
}
