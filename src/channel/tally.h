/* SPDX-License-Identifier: MIT */
/* tally.h: how much a session has changed at the moment, for other threads to look at. */
#ifndef CHANNEL_TALLY_H
#define CHANNEL_TALLY_H

#include "undo/ledger.h"

#include <stdatomic.h>

/* Zero-initialised. The session's thread alone writes it. */
struct channel_tally {
    atomic_uint addresses, routes, name_servers, rules, filters;
    _Atomic uint64_t adapter_luid; /* of the VPN adapter that it has used last; 0: none yet */
};

/* For struct ledger_session: counts a claim that begins, or no longer counts one that ends.
 * `context` is the tally. */
void tally_note_claim(void *context, const struct kind *kind, struct bytes key, bool begins);

#endif
