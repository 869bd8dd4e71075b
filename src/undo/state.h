/* SPDX-License-Identifier: MIT */
/* state.h: bytes that say how a resource is; none: it is absent.
 *
 * Most states are a few numbers and lie in the struct itself; longer ones (a list of domains, a
 * rule of the registry) lie on the heap and are shared between the copies, which never change.
 * A state belongs to one resource, so its copies are all in the hands of whoever has reserved it:
 * the count of copies needs no lock. Zero-initialised it is absent. */
#ifndef UNDO_STATE_H
#define UNDO_STATE_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a route, of which there are thousands. */
enum { STATE_SMALL_SIZE = 24 };

/* Bytes of a key or a state; size 0 of a state means "absent". */
struct bytes {
    const void *at;
    size_t size;
};

bool bytes_equal(struct bytes a, struct bytes b);

struct state {
    size_t size;
    unsigned char bytes[STATE_SMALL_SIZE]; /* where the bytes are if they fit */
    struct state_heap *heap;               /* where they are otherwise */
};

/* Forgets what the state was. Returns where to write the `size` bytes of the new one, or NULL when
 * memory is short (not for STATE_SMALL_SIZE and less); it is absent then. */
unsigned char *state_make(struct state *state, size_t size);

/* state_make() and the bytes: 0 or ERROR_NOT_ENOUGH_MEMORY. */
uint32_t state_set(struct state *state, struct bytes bytes);

struct bytes state_bytes(const struct state *state);
bool state_equal(const struct state *a, const struct state *b);

/* `to` becomes what `from` is. Takes no memory, so it cannot fail. */
void state_copy(struct state *to, const struct state *from);

/* Makes it absent. */
void state_drop(struct state *state);
#define CLEANUP_STATE CLEANUP(state_drop)

#endif
