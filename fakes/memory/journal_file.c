/* SPDX-License-Identifier: MIT */
#include "fakes/memory/journal_file.h"

#include "base/errors.h"
#include "base/lock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum operation { READ, MEASURE, APPEND, FLUSH, REPLACE, KEEP, CLOSE, OPERATION_COUNT };

static const char *const operation_names[OPERATION_COUNT] = {
    "read", "measure", "append", "flush", "replace", "keep", "close",
};

enum { KEPT_COUNT = 2, REASON_SIZE = 16 };

struct content {
    unsigned char *bytes;
    size_t size, room;
};

struct fault {
    unsigned left; /* calls until it fails; 0: never */
    uint32_t error;
    size_t torn; /* bytes that a failing append still writes */
};

struct kept {
    char reason[REASON_SIZE];
    struct content content;
};

struct fake_file {
    struct journal_file table; /* must be first: `self` points to the file */
    struct lock lock;          /* guards everything below */
    struct content content;
    uint64_t changes; /* of the content */
    size_t flushed;   /* bytes that survive a loss of power */
    struct kept kept[KEPT_COUNT];
    struct fault faults[OPERATION_COUNT];
    unsigned calls[OPERATION_COUNT];
    bool is_open, is_dead;
    bool (*step)(void *context);
    void *context;
};

static struct fake_file *file_of(struct journal_file *self)
{
    return (struct fake_file *)self;
}

static enum operation operation_of(const char *name)
{
    for (size_t i = 0; i < OPERATION_COUNT; i++)
        if (strcmp(operation_names[i], name) == 0)
            return (enum operation)i;
    abort();
}

/* ---- content ---- */

static void content_append(struct content *content, const void *bytes, size_t size)
{
    if (!size)
        return;
    if (size > content->room - content->size) {
        content->room = 2 * (content->size + size);
        content->bytes = realloc(content->bytes, content->room);
        if (!content->bytes)
            abort();
    }
    memcpy(content->bytes + content->size, bytes, size);
    content->size += size;
}

static void content_set(struct content *content, const void *bytes, size_t size)
{
    struct content fresh = {0};
    content_append(&fresh, bytes, size);
    free(content->bytes);
    *content = fresh;
}

static void file_extend(struct fake_file *file, const void *bytes, size_t size)
{
    content_append(&file->content, bytes, size);
    file->changes++;
}

static void file_set(struct fake_file *file, const void *bytes, size_t size)
{
    content_set(&file->content, bytes, size);
    file->changes++;
}

/* ---- what every call does first ---- */

static bool take_step(struct fake_file *file)
{
    lock_acquire(&file->lock);
    bool is_alive = !file->is_dead, (*step)(void *) = file->step;
    void *context = file->context;
    lock_release(&file->lock);
    if (!is_alive || !step)
        return is_alive;
    is_alive = step(context);
    lock_acquire(&file->lock);
    file->is_dead |= !is_alive;
    is_alive = !file->is_dead; /* the process may have died at a step of another thread meanwhile */
    lock_release(&file->lock);
    return is_alive;
}

/* Operations that write: the process can die before and after each. */
static bool is_step(enum operation operation)
{
    return operation != READ && operation != MEASURE && operation != CLOSE;
}

/* Counts the call and takes the lock, which leave() releases. Returns 0 when the call may have its
 * effect. */
static uint32_t enter(struct fake_file *file, enum operation operation)
{
    bool is_alive = !is_step(operation) || take_step(file);
    lock_acquire(&file->lock);
    file->calls[operation]++;
    assert(file->is_open);
    if (!is_alive || file->is_dead)
        return ERROR_GEN_FAILURE;
    struct fault *fault = &file->faults[operation];
    return fault->left && --fault->left == 0 ? fault->error : 0;
}

static uint32_t leave(struct fake_file *file, enum operation operation, uint32_t error)
{
    bool was_dead = file->is_dead;
    lock_release(&file->lock);
    if (!is_step(operation) || was_dead)
        return error;
    return take_step(file) ? error : ERROR_GEN_FAILURE;
}

/* ---- the operations ---- */

static uint32_t file_read(struct journal_file *self, void **bytes, size_t *size)
{
    struct fake_file *file = file_of(self);
    struct content copy = {0};
    uint32_t error = enter(file, READ);
    if (!error)
        content_append(&copy, file->content.bytes, file->content.size);
    *bytes = copy.bytes;
    *size = copy.size;
    return leave(file, READ, error);
}

static uint32_t file_measure(struct journal_file *self, size_t *size)
{
    struct fake_file *file = file_of(self);
    uint32_t error = enter(file, MEASURE);
    *size = file->content.size;
    return leave(file, MEASURE, error);
}

static uint32_t file_append(struct journal_file *self, const void *bytes, size_t size)
{
    struct fake_file *file = file_of(self);
    uint32_t error = enter(file, APPEND);
    size_t torn = file->is_dead ? 0 : file->faults[APPEND].torn;
    if (!error)
        file_extend(file, bytes, size);
    else
        file_extend(file, bytes, torn < size ? torn : size);
    return leave(file, APPEND, error);
}

static uint32_t file_flush(struct journal_file *self)
{
    struct fake_file *file = file_of(self);
    uint32_t error = enter(file, FLUSH);
    if (!error)
        file->flushed = file->content.size;
    return leave(file, FLUSH, error);
}

static uint32_t file_replace(struct journal_file *self, const void *bytes, size_t size)
{
    struct fake_file *file = file_of(self);
    uint32_t error = enter(file, REPLACE);
    if (!error) {
        file_set(file, bytes, size);
        file->flushed = size;
    }
    return leave(file, REPLACE, error);
}

/* The entry for this reason, or a free one. */
static struct kept *kept_of(struct fake_file *file, const char *reason)
{
    for (size_t i = 0; i < KEPT_COUNT; i++) {
        struct kept *kept = &file->kept[i];
        if (!kept->reason[0] || strcmp(kept->reason, reason) == 0)
            return kept;
    }
    abort();
}

static uint32_t file_keep(struct journal_file *self, const char *reason)
{
    struct fake_file *file = file_of(self);
    uint32_t error = enter(file, KEEP);
    if (!error) {
        struct kept *kept = kept_of(file, reason);
        assert(reason[0] && strlen(reason) < sizeof(kept->reason));
        strcpy(kept->reason, reason);
        content_set(&kept->content, file->content.bytes, file->content.size);
    }
    return leave(file, KEEP, error);
}

static void file_close(struct journal_file *self)
{
    struct fake_file *file = file_of(self);
    uint32_t error = enter(file, CLOSE);
    file->is_open = false; /* also after the process has died */
    leave(file, CLOSE, error);
}

/* ---- for tests ---- */

struct fake_file *fake_file_create(void)
{
    struct fake_file *file = calloc(1, sizeof(*file));
    if (!file)
        abort();
    file->table = (struct journal_file){
        .read = file_read,
        .measure = file_measure,
        .append = file_append,
        .flush = file_flush,
        .replace = file_replace,
        .keep = file_keep,
        .close = file_close,
    };
    return file;
}

void fake_file_destroy(struct fake_file *file)
{
    assert(!file->is_open);
    for (size_t i = 0; i < KEPT_COUNT; i++)
        free(file->kept[i].content.bytes);
    free(file->content.bytes);
    free(file);
}

struct journal_file *fake_file_open(struct fake_file *file)
{
    assert(!file->is_open);
    file->is_open = true;
    return &file->table;
}

bool fake_file_is_open(struct fake_file *file)
{
    lock_acquire(&file->lock);
    bool is_open = file->is_open;
    lock_release(&file->lock);
    return is_open;
}

void fake_file_set(struct fake_file *file, const void *bytes, size_t size)
{
    lock_acquire(&file->lock);
    file_set(file, bytes, size);
    file->flushed = size;
    lock_release(&file->lock);
}

struct bytes fake_file_content(struct fake_file *file)
{
    lock_acquire(&file->lock);
    struct bytes content = {file->content.bytes, file->content.size};
    lock_release(&file->lock);
    return content;
}

void *fake_file_copy(struct fake_file *file, size_t *size, bool *is_alive)
{
    lock_acquire(&file->lock);
    void *copy = malloc(file->content.size + 1);
    if (!copy)
        abort();
    if (file->content.size)
        memcpy(copy, file->content.bytes, file->content.size);
    *size = file->content.size;
    *is_alive = file->is_open && !file->is_dead;
    lock_release(&file->lock);
    return copy;
}

uint64_t fake_file_version(struct fake_file *file)
{
    lock_acquire(&file->lock);
    uint64_t version = 4 * file->changes + 2u * file->is_dead + file->is_open + 4;
    lock_release(&file->lock);
    return version;
}

struct bytes fake_file_kept(struct fake_file *file, const char *reason)
{
    lock_acquire(&file->lock);
    const struct kept *kept = kept_of(file, reason);
    struct bytes content = {kept->content.bytes, kept->content.size};
    lock_release(&file->lock);
    return content;
}

void fake_file_fail(struct fake_file *file, const char *operation, unsigned nth, uint32_t error)
{
    lock_acquire(&file->lock);
    file->faults[operation_of(operation)] = (struct fault){.left = nth, .error = error};
    lock_release(&file->lock);
}

void fake_file_tear(struct fake_file *file, unsigned nth, uint32_t error, size_t size)
{
    lock_acquire(&file->lock);
    file->faults[APPEND] = (struct fault){nth, error, size};
    lock_release(&file->lock);
}

unsigned fake_file_calls(struct fake_file *file, const char *operation)
{
    lock_acquire(&file->lock);
    unsigned calls = file->calls[operation_of(operation)];
    lock_release(&file->lock);
    return calls;
}

/* xorshift64*: the same on every platform. */
static size_t random_below(uint64_t *random, size_t limit)
{
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    return (size_t)((*random * 0x2545F4914F6CDD1Du >> 33) % limit);
}

void fake_file_lose_power(struct fake_file *file, uint32_t seed)
{
    uint64_t random = 0x9E3779B97F4A7C15u * (seed + 1u);
    lock_acquire(&file->lock);
    struct content *content = &file->content;
    size_t whole = file->flushed + random_below(&random, content->size - file->flushed + 1);
    size_t end = whole + random_below(&random, content->size - whole + 1);
    if (random_below(&random, 2))
        end = whole;
    if (end > whole)
        memset(content->bytes + whole, 0, end - whole);
    content->size = file->flushed = end;
    lock_release(&file->lock);
}

void fake_file_watch(struct fake_file *file, bool (*step)(void *context), void *context)
{
    lock_acquire(&file->lock);
    file->step = step;
    file->context = context;
    file->is_dead = false;
    lock_release(&file->lock);
}
