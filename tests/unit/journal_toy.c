/* SPDX-License-Identifier: MIT */
#include "tests/unit/journal_toy.h"

#include <stdio.h>
#include <string.h>

struct toy toy;

static char lines[65536];

void toy_create(struct toy *of)
{
    *of = (struct toy){.file = fake_file_create(), .boot = 1};
    toy_reopen(of);
}

void toy_destroy(struct toy *of)
{
    journal_close(of->journal);
    fake_file_destroy(of->file);
}

int toy_set_up(void **state)
{
    (void)state;
    toy_create(&toy);
    return 0;
}

int toy_tear_down(void **state)
{
    (void)state;
    toy_destroy(&toy);
    return 0;
}

uint32_t toy_try_open(struct toy *of)
{
    journal_close(of->journal);
    const struct journal_options options = {fake_file_open(of->file), of->boot};
    return journal_open(&options, &of->journal, &of->report);
}

void toy_reopen(struct toy *of)
{
    assert_int_equal(toy_try_open(of), 0);
}

void toy_next_boot(struct toy *of)
{
    of->boot++;
    toy_reopen(of);
}

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){text, strlen(text)};
}

struct journal_change toy_change(uint32_t kind, const char *key, const char *base, const char *from,
                                 const char *to)
{
    return (struct journal_change){.kind = kind,
                                   .outlives_restart = kind == 2,
                                   .session = 4,
                                   .identity = bytes_of("identity"),
                                   .key = bytes_of(key),
                                   .base = bytes_of(base),
                                   .from = bytes_of(from),
                                   .to = bytes_of(to)};
}

uint64_t toy_intend(struct toy *of, uint32_t kind, const char *key, const char *base,
                    const char *from, const char *to)
{
    uint64_t entry = 0;
    const struct journal_change change = toy_change(kind, key, base, from, to);
    assert_int_equal(journal_intend(of->journal, &change, &entry), 0);
    assert_true(entry);
    return entry;
}

void toy_intend_again(struct toy *of, uint64_t entry, uint32_t kind, const char *key,
                      const char *base, const char *from, const char *to)
{
    uint64_t number = entry;
    const struct journal_change change = toy_change(kind, key, base, from, to);
    assert_int_equal(journal_intend(of->journal, &change, &number), 0);
    assert_true(number == entry);
}

void toy_mark(struct toy *of, uint64_t entry, enum journal_outcome outcome)
{
    journal_mark(of->journal, entry, outcome, false);
}

static const char *text_of(struct bytes bytes, char text[64])
{
    snprintf(text, 64, "%.*s", (int)bytes.size, bytes.size ? (const char *)bytes.at : "");
    return bytes.size ? text : "-";
}

static bool print(void *context, const struct journal_entry *entry)
{
    char key[64], base[64], ours[64], other[64];
    size_t used = strlen(lines);
    (void)context;
    assert_true(entry->session == 4);
    assert_int_equal(entry->outlives_restart, entry->kind == 2);
    assert_string_equal(text_of(entry->identity, key), "identity");
    if (!entry->is_undecided)
        assert_int_equal(entry->other.size, 0);
    snprintf(lines + used, sizeof(lines) - used, "%u %s: %s <- %s%s%s%s%s\n", entry->kind,
             text_of(entry->key, key), text_of(entry->base, base), text_of(entry->ours, ours),
             entry->is_undecided ? " or " : "",
             entry->is_undecided ? text_of(entry->other, other) : "",
             entry->is_orphan ? " (orphan)" : "", entry->is_of_this_boot ? "" : " (restarted)");
    return true;
}

const char *toy_found(struct toy *of)
{
    size_t count;
    const struct journal_entry *found = journal_found(of->journal, &count);
    lines[0] = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || found[i].number > found[i - 1].number);
        print(NULL, &found[i]);
    }
    return lines;
}

const char *toy_visited(const void *bytes, size_t size, uint64_t boot)
{
    lines[0] = 0;
    assert_int_equal(journal_visit(bytes, size, boot, print, NULL), 0);
    return lines;
}
