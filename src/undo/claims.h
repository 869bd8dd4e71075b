/* SPDX-License-Identifier: MIT */
/* claims.h: resources and the claims on them: what the ledger is made of. Within src/undo only.
 *
 * A resource is reserved by one thread at a time. Whoever has reserved it has its stack, base and
 * claims to itself, without the ledger's lock. */
#ifndef UNDO_CLAIMS_H
#define UNDO_CLAIMS_H

#include "base/lock.h"
#include "base/table.h"
#include "undo/ledger.h"

#include <utlist.h>

/* What one session wants of one resource. */
struct claim {
    struct resource *resource;
    struct ledger_session *session; /* NULL: an orphan, whose session ended and whose undo failed */
    struct claim *above, *below;    /* in the resource's stack */
    struct claim *newer, *older;    /* of the session, or among the orphans */
    unsigned round;                 /* of ledger_retry(), that last took up this orphan */
    bool is_undecided;              /* an orphan that may be as in `shape` instead */
    bool may_be_mixed;              /* or anything in between */
    bool is_void;                   /* what it was about has gone: it wants nothing any more */
    struct state wanted;            /* what the session asked for: to compare with */
    struct state shape;             /* how the machine filled in what `wanted` leaves open: to put
                                     * back; known since a newer claim covered this one */
};

/* An orphan is always on top of its stack: further down it would have nothing left to undo. */
struct resource {
    UT_hash_handle hh;
    const struct kind *kind;
    struct bytes key; /* lies in `name`, behind the kind */
    struct claim *top;
    struct state base;
    uint64_t entry; /* in the journal; 0: none, since it is as before us */
    unsigned char identity[KIND_IDENTITY_SIZE]; /* for the records of the entry */
    uint8_t identity_size;
    bool is_unsettled; /* the disk may have a state that the entry does not tell of any more */
    bool reserved;
    unsigned users; /* the one who has reserved it and those who wait for it */
    struct condition released;
    unsigned char name[]; /* in the table of resources */
};

struct ledger {
    void *context;
    struct journal *journal;    /* or NULL */
    struct lock lock;           /* guards what follows, and `reserved` and `users` of resources */
    struct resource *resources; /* the touched ones only: a hash by kind and key */
    struct claim *orphans;      /* newest first, but for those that a round has taken up */
    size_t claim_count, orphan_count;
    unsigned round;
};

/* ---- reserving: keeps everybody else away ---- */

struct reservation {
    struct ledger *ledger;
    struct resource *resource; /* NULL: none, as memory is short */
};

struct reservation resource_reserve(struct ledger *ledger, const struct kind *kind,
                                    struct bytes key);
struct reservation resource_reserve_known(struct ledger *ledger, struct resource *resource);
/* With the ledger's lock held. */
void resource_wait_for(struct ledger *ledger, struct resource *resource);
/* A resource without claims is as it was before us: nothing need be remembered of it. */
void resource_release(struct reservation *reservation);
#define CLEANUP_RELEASE CLEANUP(resource_release)

/* ---- all that follows with the resource reserved ---- */

bool states_satisfy(const struct kind *kind, const struct state *found, const struct state *wanted);

/* What the newest claim wants, or the base. */
const struct state *resource_in_force(const struct resource *resource);

/* ERROR_NOT_READY: it is absent because what it belongs to is away. */
uint32_t resource_probe(struct ledger *ledger, struct resource *resource, struct state *found);

/* Whether the key still stands for what it stood for when the resource was changed: an interface
 * may be away or have gone since, or another one have taken its place. */
enum presence { PRESENT, AWAY, GONE, REPLACED };
uint32_t resource_presence(struct ledger *ledger, const struct resource *resource,
                           enum presence *presence);

/* Where something is claimed, once `found` is there: if the key stands for another thing by now,
 * what was claimed has gone with the first one, and what is there becomes base and wish of all. */
uint32_t resource_check_presence(struct ledger *ledger, struct resource *resource,
                                 const struct state *found);

/* What is to be put back in the end, once `found` has been replaced: what was there before us, or
 * what somebody else has made of it since. */
const struct state *resource_base_under(const struct resource *resource, const struct state *found);

/* Who changes a resource, and what for. */
struct purpose {
    uint64_t session;
    const struct state *base; /* for the journal: what a crash must put back */
    bool is_undo;             /* goes on even if it can't be written down */
    bool is_repair;           /* of what may come back as it was: a failure decides nothing */
};

/* The one place from which the machine is changed: the intent goes to the journal, then the change
 * is made, then it is marked. Nothing happens if the states are equal. */
uint32_t resource_change(struct ledger *ledger, struct resource *resource,
                         const struct purpose *purpose, const struct state *from,
                         const struct state *to);

/* Tells readers of the journal that nobody living wants the resource so. */
void entry_mark_orphaned(struct ledger *ledger, const struct resource *resource);
/* And that somebody does, as it is now; or, after an intent that has come to nothing, what the
 * entry said before that. */
void entry_restate(struct ledger *ledger, struct resource *resource, uint64_t session);

/* The newest claim whose session lives. */
struct claim *claim_newest_live(const struct resource *resource);
/* As many steps as sessions share the resource. */
struct claim *claim_of(const struct resource *resource, const struct ledger_session *session);
/* Memory is taken before the machine is changed, so that no change goes unremembered. */
struct claim *claim_create(void);
bool claim_wants_presence(const struct claim *claim);
/* What must be there once `claim` and all above it have ended. */
const struct state *claim_state_below(const struct claim *claim);

/* After the change: the session's claim, `own` or else `*spare` (which it takes over), is on top
 * and newest with `wanted`. `found` is what was there before the change. */
void claim_enter(struct ledger *ledger, struct resource *resource, struct ledger_session *session,
                 struct claim *own, struct claim **spare, const struct state *wanted,
                 const struct state *found);
void claim_discard(struct ledger *ledger, struct claim *claim);

/* After a change made the top of the stack what its living claims want. */
void orphan_discard(struct ledger *ledger, struct resource *resource);
/* A claim on top of its stack, of a session or new, becomes the newest orphan. */
void orphan_enter(struct ledger *ledger, struct claim *claim);

/* In the log, of what a look at many resources has come to; the rest is counted. A session may have
 * had thousands of routes on an interface that has gone. */
enum { MOST_NAMED = 16 };

/* What it is about, in one line. */
enum { DESCRIPTION_SIZE = 160 };
const char *resource_describe(const struct resource *resource, char text[DESCRIPTION_SIZE]);

/* ---- undo (undo.c) ---- */

/* Says that a resource of an interface that has gone is left as it is. */
void log_gone(const struct resource *resource);

/* Tries the undo of the orphan on top of a stack again. On an error it is still there. */
uint32_t orphan_undo(struct ledger *ledger, struct resource *resource);

/* Tries all orphans again, as ledger_retry(), and counts what comes of it. */
size_t orphans_retry(struct ledger *ledger, struct ledger_summary *summary);

#endif
