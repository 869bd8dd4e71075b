/* SPDX-License-Identifier: MIT */
#include "fakes/memory/other_journals.h"

#include "base/lock.h"

#include <stdlib.h>
#include <utlist.h>

enum { MOST_INSTANCES = 4 };

struct member {
    struct other_journals table; /* must be first: `self` points to the member */
    struct fake_folder *folder;
    struct fake_file *file;
};

struct held {
    uint64_t number;
    struct held *prev, *next;
};

struct fake_folder {
    struct member members[MOST_INSTANCES];
    size_t count;
    uint64_t boot;
    struct lock lock; /* guards what follows */
    struct condition changed;
    struct held *held;
};

static bool is_held(const struct fake_folder *folder, uint64_t number)
{
    const struct held *held = folder->held;
    while (held && held->number != number)
        held = held->next;
    return held;
}

static void *folder_lock(struct other_journals *self, uint64_t number)
{
    struct fake_folder *folder = ((struct member *)self)->folder;
    struct held *held = calloc(1, sizeof(*held));
    if (!held)
        abort();
    held->number = number;
    lock_acquire(&folder->lock);
    while (is_held(folder, number))
        condition_wait(&folder->changed, &folder->lock);
    DL_APPEND(folder->held, held);
    lock_release(&folder->lock);
    return held;
}

static void folder_unlock(struct other_journals *self, void *held)
{
    struct fake_folder *folder = ((struct member *)self)->folder;
    lock_acquire(&folder->lock);
    DL_DELETE(folder->held, (struct held *)held);
    condition_wake_all(&folder->changed);
    lock_release(&folder->lock);
    free(held);
}

static bool folder_exist(struct other_journals *self)
{
    return ((struct member *)self)->folder->count > 1;
}

static uint64_t folder_stamp(struct other_journals *self)
{
    const struct member *own = (const struct member *)self;
    const struct fake_folder *folder = own->folder;
    uint64_t stamp = 1;
    for (size_t i = 0; i < folder->count; i++)
        if (&folder->members[i] != own)
            stamp = stamp * 0x9E3779B97F4A7C15ULL + fake_file_version(folder->members[i].file);
    return stamp ? stamp : 1;
}

static bool show(const struct fake_folder *folder, size_t number, size_t offset,
                 struct other_reader *reader)
{
    struct other_journal journal = {.name = number, .boot = folder->boot};
    size_t size;
    unsigned char *bytes = fake_file_copy(folder->members[number].file, &size, &journal.is_alive);
    journal.offset = offset <= size ? offset : 0;
    journal.bytes = bytes + journal.offset;
    journal.size = size - journal.offset;
    bool is_seen = reader->see(reader, &journal);
    free(bytes);
    return is_seen;
}

static void folder_read(struct other_journals *self, struct other_reader *reader)
{
    const struct member *own = (const struct member *)self;
    for (size_t i = 0; i < own->folder->count; i++)
        if (&own->folder->members[i] != own &&
            !show(own->folder, i, reader->from(reader, i), reader))
            show(own->folder, i, 0, reader);
}

struct fake_folder *fake_folder_create(void)
{
    struct fake_folder *folder = calloc(1, sizeof(*folder));
    if (!folder)
        abort();
    folder->boot = 1;
    return folder;
}

void fake_folder_destroy(struct fake_folder *folder)
{
    free(folder);
}

struct other_journals *fake_folder_add(struct fake_folder *folder, struct fake_file *file)
{
    if (folder->count == MOST_INSTANCES)
        abort();
    struct member *member = &folder->members[folder->count++];
    *member = (struct member){
        {folder_lock, folder_unlock, folder_exist, folder_stamp, folder_read}, folder, file};
    return &member->table;
}

void fake_folder_set_boot(struct fake_folder *folder, uint64_t boot)
{
    folder->boot = boot;
}
