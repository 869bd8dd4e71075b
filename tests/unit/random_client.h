/* SPDX-License-Identifier: MIT */
/* random_client.h: random requests for property tests: valid and invalid messages about few
 * resources, so that sessions conflict. */
#ifndef TESTS_UNIT_RANDOM_CLIENT_H
#define TESTS_UNIT_RANDOM_CLIENT_H

#include "tests/unit/channel_client.h"

/* Everything below depends on the seed alone, that of the calling thread. */
void random_begin(uint64_t seed);
unsigned random_below(unsigned limit);
bool random_one_in(unsigned chances);

/* The seeds of a property test: $GATEHOUSE_RUNS of them, the first being $GATEHOUSE_SEED. Without
 * runs, only the seed; without a seed, from 1; without both, the usual number from 1. */
struct random_seeds {
    uint64_t first, count;
};
struct random_seeds random_seeds(uint64_t usual);

extern const struct message_layout random_layout_2_6;

struct message random_message(void);

/* Encoded in the session's dialect; does nothing if the dialect has no such message. */
void random_client_send(struct channel *channel, const struct message *message);
/* A message with some random bytes. */
void random_client_send_garbled(struct channel *channel);

/* One of the next calls of a random operation will fail. */
void random_fault(struct fake_machine *machine);

#endif
