/* SPDX-License-Identifier: MIT */
/* random_client.h: what sessions may ask for in any order, for property tests: messages good and
 * bad over few resources, so that sessions get into each other's way. */
#ifndef TESTS_UNIT_RANDOM_CLIENT_H
#define TESTS_UNIT_RANDOM_CLIENT_H

#include "tests/unit/channel_client.h"

/* All that follows depends on the seed alone. */
void random_begin(uint64_t seed);
unsigned random_below(unsigned limit);
bool random_one_in(unsigned chances);

/* The seeds of a property test: that of $GATEHOUSE_SEED alone, else $GATEHOUSE_RUNS of them, else
 * the usual number. */
struct random_seeds {
    uint64_t first, count;
};
struct random_seeds random_seeds(uint64_t usual);

extern const struct message_layout random_layout_2_6;

struct message random_message(void);

/* In the words of the session's dialect; nothing, if it has none for it. */
void random_client_send(struct channel *channel, const struct message *message);
/* A message some of whose bytes are others. */
void random_client_send_garbled(struct channel *channel);

/* One of the next calls of some operation will fail. */
void random_fault(struct fake_machine *machine);

#endif
