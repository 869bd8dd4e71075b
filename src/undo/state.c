/* SPDX-License-Identifier: MIT */
#include "undo/state.h"

#include "base/errors.h"

#include <string.h>

struct state_heap {
    size_t copies;
    unsigned char bytes[];
};

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (!a.size || memcmp(a.at, b.at, a.size) == 0);
}

unsigned char *state_make(struct state *state, size_t size)
{
    state_drop(state);
    if (size > STATE_SMALL_SIZE) {
        state->heap = malloc(sizeof(*state->heap) + size);
        if (!state->heap)
            return NULL;
        state->heap->copies = 1;
    }
    state->size = size;
    return state->heap ? state->heap->bytes : state->bytes;
}

uint32_t state_set(struct state *state, struct bytes bytes)
{
    unsigned char *at = state_make(state, bytes.size);
    if (!at)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (bytes.size)
        memcpy(at, bytes.at, bytes.size);
    return 0;
}

struct bytes state_bytes(const struct state *state)
{
    return (struct bytes){state->heap ? state->heap->bytes : state->bytes, state->size};
}

bool state_equal(const struct state *a, const struct state *b)
{
    return bytes_equal(state_bytes(a), state_bytes(b));
}

void state_copy(struct state *to, const struct state *from)
{
    const struct state copy = *from;
    if (copy.heap)
        copy.heap->copies++;
    state_drop(to);
    *to = copy;
}

void state_drop(struct state *state)
{
    if (state->heap && --state->heap->copies == 0)
        free(state->heap);
    state->heap = NULL;
    state->size = 0;
}
