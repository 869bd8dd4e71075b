/* SPDX-License-Identifier: MIT */
/* others.h: the journals of the other instances of this service on the machine: the seam between
 * the ledger and where they lie. service/state implements it over the folder of journals,
 * fakes/memory in memory.
 *
 * What another instance has made of a resource is not what was there before any of us. So every
 * ledger reads what the others' journals say of a resource before it decides what is to be put back
 * in the end, and while it changes a resource all other processes are kept away from that one. */
#ifndef UNDO_OTHERS_H
#define UNDO_OTHERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct other_journal {
    uint64_t name;     /* the same as long as it is that instance's */
    const void *bytes; /* of the file, from `offset` to its end */
    size_t offset, size;
    uint64_t boot; /* as in its journal_options */
    bool is_alive; /* a process writes it; otherwise the next start of that instance reads it */
};

/* Who is shown the journals. `self` is the table, which an implementation embeds. */
struct other_reader {
    /* From which byte on it is to be shown. A file that is shorter than that is shown whole. */
    size_t (*from)(struct other_reader *self, uint64_t name);
    /* False: it is to be shown again, whole. */
    bool (*see)(struct other_reader *self, const struct other_journal *journal);
};

/* The table of operations. `self` is the table, which an implementation embeds. Thread-safe. */
struct other_journals {
    /* Keeps away every thread of every process that asks for the same number, until unlock(), and
     * returns what that is to be given. NULL, logged: nobody is kept away. */
    void *(*lock)(struct other_journals *self, uint64_t number);
    void (*unlock)(struct other_journals *self, void *held);

    /* Whether there is any. Cheap: asked at each reservation. */
    bool (*exist)(struct other_journals *self);

    /* Never 0, and another number whenever the content of one of them, or whether it is alive, has
     * changed. */
    uint64_t (*stamp)(struct other_journals *self);

    /* Shows each to `reader`. What can't be read is logged and not shown. */
    void (*read)(struct other_journals *self, struct other_reader *reader);
};

#endif
