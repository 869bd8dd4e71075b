/* SPDX-License-Identifier: MIT */
/* claims.h: resources and the claims on them: what the ledger is made of. Within src/undo only.
 *
 * Invariants, cited by number where the code relies on them:
 *
 *  1. One thread at a time has a resource reserved. Only that thread reads or writes the
 *     resource's stack, base, entry and claims. The ledger's lock guards tables and lists alone; it
 *     is never held during a call into a kind or to a disk.
 *  2. The claim on top of the stack is in force. One further down changes nothing on the machine.
 *  3. An orphan, a claim whose session has ended and whose undo has failed, is on top of its stack:
 *     further down it would have nothing left to undo. So a resource has at most one. (Not of a
 *     kind of shares: there the order of claims says nothing, and (2) does not hold either.)
 *  4. While the machine may differ from the base because of us, the resource has an open entry in
 *     the journal, and the intent of each change was written before the change. (Not of kinds that
 *     end with the process.)
 *  5. Of a kind that outlives a restart, the disk holds the base or one of the two states that the
 *     entry's last intent goes between. Where the next intent would leave one out (`is_unflushed`,
 *     or a third state), the registry is flushed before it. If that fails the change is refused;
 *     the way back to the base, which nothing may prevent, is gone without an intent.
 *  6. Of such a kind an entry is closed only after a flush of the registry that began after the
 *     last change: flush, then close. Until then the resource stays in the table, without claims.
 *  7. While a thread has a resource reserved, every other process is kept away from it too, and
 *     `others` is what their journals say. No base is a state that another instance has made.
 *  8. A claim whose end meets an obstacle (kind->find_obstacle) is hindered, and becomes an orphan.
 *     It is left out only where every other claim has ended or is hindered as well, in this and in
 *     every other instance, and no thread is about to make another one: what is in the way then is
 *     nothing that any of us still has to put back.
 *
 *      ┌───────────┐  claim_enter()   ┌─────────┐  undo fails   ┌──────────┐
 *      │ untouched │ ───────────────► │ claimed │ ────────────► │ orphaned │ ──┐ tried again
 *      └───────────┘                  └─────────┘               └──────────┘ ◄─┘
 *        ▲   ▲                          │     ▲                      │
 *        │   │ all claims have ended;   │     │ claim_enter()        │ undo succeeds
 *        │   └── the kind does not  ────┤     │                      │
 *        │       outlive a restart      ▼     │                      │
 *        │                       ┌───────────────────┐               │
 *        └─── flush, close ───── │ waits for a flush │ ◄─────────────┘ (likewise)
 *                                └───────────────────┘
 */
#ifndef UNDO_CLAIMS_H
#define UNDO_CLAIMS_H

#include "base/lock.h"
#include "base/table.h"
#include "undo/ledger.h"

#include <utlist.h>

/* What one session asks of one resource. */
struct claim {
    struct resource *resource;
    struct ledger_session *session; /* NULL: an orphan */
    struct ledger_user *user;       /* whose claims are limited together; or NULL */
    struct claim *above, *below;    /* in the resource's stack */
    struct claim *newer, *older;    /* of the session, or among the orphans */
    unsigned round;                 /* of ledger_retry(), that last took up this orphan */
    bool is_undecided;              /* an orphan that may be in the state `observed` instead */
    bool may_be_mixed;              /* or in anything between the two */
    bool is_hindered;               /* invariant 8; the ledger counts these */
    bool is_told;                   /* it is logged that it waits for an obstacle to go */
    bool is_void;                   /* what it was about has gone: it asks for nothing any more */
    struct state wanted;            /* what the session asked for: to compare with */
    struct state observed;          /* the same with what `wanted` leaves open as the machine filled
                                     * it in: to put back; known once a newer claim is above */
};

/* What another instance has made of a resource (others.c). */
struct other_claim {
    struct state base, ours;
    struct state maybe; /* it may be in this state instead; otherwise equal to `ours` */
    bool is_undecided;  /* its process ended in the middle of a change */
    bool may_be_mixed;  /* so it may be in anything between the two, too */
    bool is_alive;      /* somebody wants it so at present */
    struct other_claim *next;
};

struct resource {
    UT_hash_handle hh;
    const struct kind *kind;
    struct bytes key; /* lies in `name`, behind the kind */
    struct claim *top;
    struct state base;
    struct state combined; /* of a kind of shares: what we have made of all of them */
    uint64_t entry;        /* in the journal; 0: none, since it is as before us */
    unsigned char identity[KIND_IDENTITY_SIZE]; /* for the records of the entry */
    uint8_t identity_size;
    bool is_unflushed;                /* invariant 5: the disk may hold an older state */
    bool is_marked_orphaned;          /* the journal says that nobody living wants it so */
    struct state stated, stated_base; /* what the entry says, if there are other instances */
    struct other_claim *others;       /* while it is reserved */
    uint32_t others_error;            /* why that is not known in full: nothing is changed then */
    void *held;                       /* likewise: keeps other processes away */
    bool has_others;                  /* there is another instance on this machine */
    bool reserved;
    unsigned users; /* the thread that has reserved it and those that wait for it */
    struct condition released;
    struct resource *before, *after; /* among those that wait for a flush */
    uint64_t wait_number;            /* rises with each that begins to wait; 0: it does not wait */
    unsigned char name[];            /* in the table of resources */
};

/* What the others' journals say, as it was read last. */
struct others {
    struct other_journals *journals; /* or NULL */
    struct other_reader reader;
    struct lock lock; /* guards what follows */
    uint64_t stamp;   /* as it was then; 0: nothing was read */
    struct other_reading *readings;
    bool is_incomplete; /* memory was short */
};

struct ledger {
    void *context;
    struct journal *journal; /* or NULL */
    uint32_t (*flush)(void *context);
    struct others others;
    struct lock flushing;       /* held during a flush that closes entries; comes before `lock` */
    struct lock lock;           /* guards what follows, and `reserved` and `users` of resources */
    struct resource *resources; /* those that are touched: a hash by kind and key */
    struct resource *waiting;   /* for a flush, longest first */
    size_t waiting_count;
    uint64_t last_wait_number;
    bool has_flush_failed; /* the last one: what waits is left over */
    struct claim *orphans; /* newest first, but for those that a round has taken up */
    size_t claim_count, orphan_count;
    size_t hindered_count; /* of the claims */
    size_t reserved_count; /* resources that a thread has reserved */
    unsigned round;
};

/* ---- reserving (reservation.c): keeps all other threads away ---- */

struct reservation {
    struct ledger *ledger;
    struct resource *resource; /* NULL: none, as memory is short */
};

struct reservation resource_reserve(struct ledger *ledger, const struct kind *kind,
                                    struct bytes key);
struct reservation resource_reserve_known(struct ledger *ledger, struct resource *resource);
/* With the ledger's lock held; resource_enter_elsewhere() when it is released. */
void resource_wait_for(struct ledger *ledger, struct resource *resource);
/* A resource without claims and without an entry is forgotten. One without claims whose entry may
 * not be closed yet begins to wait for a flush. */
void resource_release(struct reservation *reservation);
#define CLEANUP_RELEASE CLEANUP(resource_release)

/* ---- other instances (others.c) ---- */

/* Of a resource that this thread has just reserved, and before it releases it (invariant 7). */
void resource_enter_elsewhere(struct ledger *ledger, struct resource *resource);
void resource_leave_elsewhere(struct ledger *ledger, struct resource *resource);
void others_close(struct others *others);

/* ---- all that follows with the resource reserved ---- */

/* The states of all others but one, on the heap; NULL: memory is short. */
struct bytes *other_states(const struct resource *resource, const struct other_claim *without,
                           size_t *count);
/* Who of the others has made what was found; NULL: none. */
const struct other_claim *other_that_made(const struct resource *resource,
                                          const struct state *found);
/* One that a living session of another instance wants; NULL: none. */
const struct other_claim *other_in_force(const struct resource *resource);
/* Whether other instances have anything to put back, but for what an obstacle to `kind` hinders. */
bool others_have_more(struct ledger *ledger, const struct kind *kind);
/* Whether such a session has made what was found. */
bool resource_is_wanted_elsewhere(const struct resource *resource, const struct state *found);

/* Of a kind of shares: this is what we have made of all of them. Nothing for other kinds. */
void resource_set_combined(struct resource *resource, const struct state *combined);
/* Of a kind of shares: `found` with a share more, or without it. */
uint32_t resource_combine(struct ledger *ledger, const struct resource *resource,
                          const struct state *found, const struct state *share, bool is_in,
                          struct state *combined);

/* ---- looking (probe.c) ---- */

bool states_satisfy(const struct kind *kind, const struct state *found, const struct state *wanted);

/* What we have made of it last: absent, if there is no claim. */
const struct state *resource_made(const struct resource *resource);

/* What the newest claim asks for, or all shares together, or the base. */
const struct state *resource_in_force(const struct resource *resource);

/* ERROR_NOT_READY: it is absent because what it belongs to is away. */
uint32_t resource_probe(struct ledger *ledger, struct resource *resource, struct state *found);

/* Why `target` is not to be made of `found` now, or NULL. */
uint32_t resource_find_obstacle(struct ledger *ledger, const struct resource *resource,
                                const struct state *found, const struct state *target, bool is_undo,
                                const char **obstacle);

/* Whether the key still stands for what it stood for when the resource was changed: an interface
 * may be away or have gone since, or another one have taken its place. */
enum presence { PRESENT, AWAY, GONE, REPLACED };
uint32_t resource_presence(struct ledger *ledger, const struct resource *resource,
                           enum presence *presence);

/* Where something is claimed, once `found` is there. A resource without claims gets `found` for its
 * base. If the key stands for another thing by now, all claims are void, an orphan is dropped, the
 * entry is closed, and `found` is the new base. */
uint32_t resource_rebase_if_replaced(struct ledger *ledger, struct resource *resource,
                                     const struct state *found);

/* What is to be put back in the end, once `found` has been replaced: what was there before us, or
 * what somebody else has made of it since. */
const struct state *resource_base_under(const struct resource *resource, const struct state *found);

/* What it is about, in one line. */
enum { DESCRIPTION_SIZE = 160 };
const char *resource_describe(const struct resource *resource, char text[DESCRIPTION_SIZE]);

/* In the log, of what a look at many resources has come to, so many are named; the rest is counted.
 * A session may have had thousands of routes on an interface that has gone. */
enum { MOST_NAMED = 16 };

/* ---- changing (change.c) ---- */

/* Who changes a resource, and what for. */
struct purpose {
    uint64_t session;
    const struct state *base; /* for the journal: what a crash must put back */
    bool is_undo;             /* goes on even if it can't be written down */
    bool is_repair;           /* of what may come back as it was: a failure decides nothing */
};

/* The one place from which the machine is changed: the intent goes to the journal, then the change
 * is made, then it is marked. Nothing happens if the states are equal. On an error the resource is
 * as it was, or has an orphan more on top that is to make it so. */
uint32_t resource_change(struct ledger *ledger, struct resource *resource,
                         const struct purpose *purpose, const struct state *from,
                         const struct state *to);

/* Makes the entry say what is in force, for other instances: a claim may have ended without a
 * change. */
void entry_tell_others(struct ledger *ledger, struct resource *resource);
/* Writes down that `found`, which another instance has made, is wanted here too. */
uint32_t entry_share(struct ledger *ledger, struct resource *resource,
                     const struct purpose *purpose, const struct state *found);

/* Whether the entry may be closed only after a flush of the registry. */
bool entry_needs_flush(const struct resource *resource);
void entry_close(struct ledger *ledger, struct resource *resource);
/* Tells readers of the journal that nobody living wants the resource so. */
void entry_mark_orphaned(struct ledger *ledger, struct resource *resource);
/* And that somebody does, as it is now; or, after an intent that has come to nothing, what the
 * entry said before that. */
void entry_restate(struct ledger *ledger, struct resource *resource, uint64_t session);

/* ---- claims (claims.c) ---- */

/* The newest claim whose session lives. */
struct claim *claim_newest_live(const struct resource *resource);
/* As many steps as sessions share the resource. */
struct claim *claim_of(const struct resource *resource, const struct ledger_session *session);
/* Memory is taken before the machine is changed, so that no change goes unremembered. */
struct claim *claim_create(void);
/* Whether its end changes anything on the machine. */
bool claim_is_in_force(const struct claim *claim);
bool claim_wants_presence(const struct claim *claim);
/* What must be there once `claim` and all above it have ended. (Not of a kind of
 * shares.) */
const struct state *claim_state_below(const struct claim *claim);

/* After the change: the session's claim, `own` or else `*spare` (which it takes over), is on top
 * and newest with `wanted`. `found` is what was there before the change. */
void claim_enter(struct ledger *ledger, struct resource *resource, struct ledger_session *session,
                 struct claim *own, struct claim **spare, const struct state *wanted,
                 const struct state *found);
void claim_discard(struct ledger *ledger, struct claim *claim);

/* Invariant 8. */
void claim_set_hindered(struct ledger *ledger, struct claim *claim, bool is_hindered);

/* After a change made the top of the stack what its living claims ask for. */
void orphan_discard(struct ledger *ledger, struct resource *resource);
/* A claim on top of its stack, of a session or new, becomes the newest orphan. */
void orphan_enter(struct ledger *ledger, struct claim *claim);
/* A change failed with the resource left somewhere between the two states: an orphan on top, the
 * one that was there or a new one, has to put it back. When memory is short the next start does. */
void orphan_enter_torn(struct ledger *ledger, struct resource *resource,
                       const struct purpose *purpose, const struct state *from,
                       const struct state *to);

/* ---- undo (undo.c) ---- */

/* Logs that a resource of an interface that has gone is left as it is. */
void log_gone(const struct resource *resource);

/* Tries the undo of the orphan on top of a stack again. On an error it is still there. */
uint32_t orphan_undo(struct ledger *ledger, struct resource *resource);

/* Tries all orphans again, as ledger_retry(), and counts what comes of it. */
size_t orphans_retry(struct ledger *ledger, struct ledger_summary *summary);

/* ---- flushing (flush.c) ---- */

/* Calls ledger->flush(). The first failure in a row is logged. */
uint32_t flush_changes(struct ledger *ledger);

/* With the ledger's lock held. On the release of a resource: puts it among those that wait, newest,
 * if it is to wait now; takes it from there if not. */
void resource_update_waiting(struct ledger *ledger, struct resource *resource);

#endif
