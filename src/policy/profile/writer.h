/* SPDX-License-Identifier: MIT */
/* writer.h: writes a profile anew, so that every version of openvpn.exe reads what was checked:
 * each line has its old number, no comment, one blank between words, and quotes and backslashes in
 * one form only. Lines end with LF. */
#ifndef POLICY_PROFILE_WRITER_H
#define POLICY_PROFILE_WRITER_H

#include "policy/profile/reader.h"

/* It may hold a private key: it is wiped when it is freed. */
struct profile_text {
    char *bytes; /* UTF-8, not terminated */
    size_t size;
    size_t capacity;
};

void profile_text_free(struct profile_text *text);

struct profile_writer {
    struct profile_text text;
    size_t number; /* of the line that comes next */
    bool is_full;  /* something is missing in the text, which must not be used */
};

/* Makes room for whatever a profile of `size` bytes becomes. Returns 0 or
 * ERROR_NOT_ENOUGH_MEMORY. */
uint32_t profile_writer_begin(struct profile_writer *writer, size_t size);

/* Write a line as number `number`, behind those that were written before: the words with `count`
 * of them, or <name>, or </name>. Returns NULL, or what is wrong with it: written anew it would be
 * too long. */
const char *profile_write_words(struct profile_writer *writer, size_t number,
                                const char *const words[], size_t count);
const char *profile_write_tag(struct profile_writer *writer, size_t number, const char *mark,
                              const char *name);

/* Writes the lines that stand in a block, next to what was written last. */
void profile_write_content(struct profile_writer *writer, const struct profile_span *content);

#endif
