/* SPDX-License-Identifier: MIT */
/* ledger.h: what the sessions have changed on this machine, and how to put it back.
 *
 * A resource is one thing that can have one state: a route, an address, a name server list. The
 * ledger knows neither routes nor addresses: a resource is a kind and a key of bytes, a state is
 * bytes too, in that kind's canonical encoding (equal states have equal bytes), and no bytes means
 * "absent".
 *
 * Each resource that a session has touched holds its base, the state before any of us, and a stack
 * of claims, at most one a session, each with the state that its session wants. The newest claim is
 * in force. A claim that ends on top puts the state below it in force (at the bottom: the base);
 * one that ends further down changes nothing on the machine. So whichever of two sessions ends
 * first, the living one keeps what it asked for, and the last one restores the base. Of a kind of
 * shares, a list that everyone appends to, all claims are in force together: each is a share, which
 * goes when its session ends.
 *
 * Another instance of this service has a ledger of its own, and a journal that this one reads
 * (others.h). What it has made never becomes a base: its base is taken instead; and at the bottom
 * of the stack its state comes before the base as long as it is wanted there.
 *
 * Undo compares first: what is no longer as we made it (the user, DHCP or another program changed
 * it since) is left alone and logged; what is already gone is success. When a session asks for a
 * resource that is not as we made it, what is found there becomes the base.
 *
 * A kind may see an obstacle to what would be put back: a route's next hop is not on link, since
 * the machine has left that network. Then it waits; once nothing else is left to be put back the
 * obstacle is none of our making, and it is left out. What was lost of a living session waits, too.
 *
 * Thread-safe. No lock is held during a call into a kind, only the resource is reserved: a slow
 * call of one session delays only those who want the same resource. */
#ifndef UNDO_LEDGER_H
#define UNDO_LEDGER_H

#include "undo/journal.h"
#include "undo/others.h"

#include <stdatomic.h>

/* How long a change lives without us: decides what the journal must hold. */
enum lifetime {
    LIFETIME_PROCESS, /* no longer than this process: no need to write it down */
    LIFETIME_BOOT,    /* until Windows restarts */
    LIFETIME_DISK     /* for ever: the intent is on disk before the change */
};

enum { KIND_IDENTITY_SIZE = 16 };

/* A kind whose resource everyone adds to: a claim is a share, and a state is all shares of this
 * instance together. `others` are the states of other instances. */
struct kind_of_shares {
    /* Makes of the state `now` the one with a share too, or (`is_in` false) without it. */
    uint32_t (*combine)(void *context, struct bytes key, struct bytes now, struct bytes share,
                        bool is_in, const struct bytes others[], size_t count,
                        struct state *combined);
    /* What the machine has of `wanted`, after a process ended in the middle of adding or removing a
     * part of that. */
    uint32_t (*find)(void *context, struct bytes key, struct bytes wanted,
                     const struct bytes others[], size_t count, struct state *found);
};

/* What the ledger must know of a kind of resource. `context` is that of ledger_create(). All return
 * 0 or a Win32 error code. */
struct kind {
    const char *name; /* for logs: "route" */
    uint32_t number;  /* in journals, of all versions to come: never given to another kind */
    enum lifetime lifetime;
    /* change() is several steps, and a crash among them may leave any mixture, all of it ours. */
    bool is_in_steps;

    /* Whether these bytes, which come from a file, are a key of this kind, and a state (none:
     * absent) that it can have. What is valid can be given to the functions below. */
    bool (*is_valid)(struct bytes key, struct bytes state);

    /* May be NULL. Bytes that tell whether the key still means the same thing after a crash or a
     * restart: an interface's GUID, where the key has its LUID. ERROR_FILE_NOT_FOUND,
     * ERROR_NOT_FOUND: it means nothing at present. */
    uint32_t (*identify)(void *context, struct bytes key, unsigned char at[KIND_IDENTITY_SIZE],
                         size_t *size);

    /* May be NULL. Of a key that means nothing at present: whether what `identity` told of is only
     * away. Then it is no success that the resource is absent: undo waits for its return. */
    bool (*is_away)(void *context, struct bytes key, struct bytes identity);

    /* Reads the state now. An absent resource is success with size 0. On entry `state` is what the
     * ledger made of the resource last (absent, if nothing), for kinds that can't tell from the
     * machine alone what is theirs. Whatever the answer, the ledger drops `state`. */
    uint32_t (*probe)(void *context, struct bytes key, struct state *state);

    /* May be NULL, if probe() can tell. As probe(), after a process ended in the middle of a change
     * between these states: which of them it is. */
    uint32_t (*probe_interrupted)(void *context, struct bytes key, struct bytes from,
                                  struct bytes to, struct state *state);

    /* NULL: the newest claim is in force. Else the claims are shares, all in force together. */
    const struct kind_of_shares *shares;

    /* Makes the resource go from one state to another; either may be absent, never both. On an
     * error the resource is as it was; or, of a change in several steps, if going back has failed
     * too, somewhere between: the ledger sees that, and puts it back when it can. */
    uint32_t (*change)(void *context, struct bytes key, struct bytes from, struct bytes to);

    /* May be NULL. Of a resource that is absent and would be made again, without anybody having
     * asked just now: why the machine as it is now is not to have it, in a few words for logs
     * ("its next hop is not on link"), or NULL. `is_undo`: it was there before us. */
    uint32_t (*find_obstacle)(void *context, struct bytes key, bool is_undo, const char **obstacle);

    /* True when `found` on the machine is what `wanted` asked for (a state may leave things open;
     * bytes_equal() where none does). */
    bool (*satisfies)(struct bytes found, struct bytes wanted);

    /* For logs, in one line: "route 10.8.0.0/24 via 10.8.0.1". */
    void (*describe)(struct bytes key, char *text, size_t size);
};

struct ledger;
struct claim;

/* What all sessions of one user have claimed together, with what they have left behind because it
 * could not be undone yet. Stays where it is as long as a session of the user lives or `count` is
 * not 0. */
struct ledger_user {
    atomic_size_t count; /* of claims; written by the ledger alone */
    size_t limit;
};

/* What one session has claimed, in order. Zero-initialised; belongs to one thread, and
 * stays where it is: its claims point to it. */
struct ledger_session {
    uint64_t id;              /* for readers of the journal */
    struct ledger_user *user; /* NULL: the session's own limit is the only one */
    struct claim *newest;
    size_t count; /* of its claims */

    /* May be NULL. Is told of each claim that begins or ends, under a lock: returns at once. */
    void (*note)(void *context, const struct kind *kind, struct bytes key, bool begins);
    void *note_context;
};

/* What one session may claim at once: more than the longest route lists in use, and little enough
 * that a hijacked openvpn.exe cannot use up the memory of the service (about 0.5 KiB each). */
enum { LEDGER_SESSION_CLAIMS = 32768 };

/* What a look at many resources has come to. */
struct ledger_summary {
    size_t changed;    /* put back, or made again */
    size_t unchanged;  /* was already as it should be */
    size_t left_alone; /* is another program's by now, or can't be told apart from that */
    size_t failed;     /* still to be done */
    size_t waiting;    /* for an obstacle to go */
};

/* `journal`, if not NULL, is told of every change; it and `others` (or NULL: this instance is the
 * only one) must stay as long as the ledger lives.
 * `flush` puts on the disk what the kinds with LIFETIME_DISK have changed so far, and returns 0 or
 * a Win32 error code. NULL when memory is short. */
struct ledger *ledger_create(void *context, struct journal *journal, struct other_journals *others,
                             uint32_t (*flush)(void *context));

/* Before the first session: takes over what the journal has found and puts it back, newest first.
 * What can't be put back now is kept, in the ledger as if a session of its own had ended, and in
 * the journal. `kinds` are all kinds that a journal may hold; an entry of another kind, or one that
 * is not valid for its kind, stays in the journal and counts as left alone. Returns 0, or
 * ERROR_NOT_ENOUGH_MEMORY: nothing is put back, and no session may begin, since it would take what
 * was left for what was there before us. */
uint32_t ledger_recover(struct ledger *ledger, const struct kind *const kinds[], size_t count,
                        struct ledger_summary *summary);

/* After Windows has slept, or its network has changed: looks at every resource with a claim of a
 * living session. What is no longer as the newest claim wants it is made so again, unless there is
 * an obstacle; a state that somebody else has given it becomes the base, as for ledger_set(). Then
 * what could not be undone so far is tried again. */
void ledger_verify(struct ledger *ledger, struct ledger_summary *summary);

/* Every session must have been undone. What could not be undone is forgotten, but for the journal.
 */
void ledger_destroy(struct ledger *ledger);

/* The session wants the resource to exist with `state`.
 *   0                            done; remembered as a claim.
 *   ERROR_OBJECT_ALREADY_EXISTS  it was there before us, or this session has added it already:
 *                                nothing is changed, nothing will be undone for this call.
 *   ERROR_NOT_ENOUGH_MEMORY      nothing is changed.
 *   ERROR_NOT_ENOUGH_QUOTA       the session has LEDGER_SESSION_CLAIMS already, or its user as many
 *                                as allowed: nothing is changed.
 *   other                        the probe or the change failed: nothing is changed or remembered.
 * When another session's claim is in force, of this or another instance, the resource is shared:
 * 0, and it goes with its last owner. When this session had deleted it, adding it again ends that
 * claim and brings back what was there, whole, if that satisfies `state`; otherwise the claim takes
 * the new state. */
uint32_t ledger_add(struct ledger *ledger, struct ledger_session *session, const struct kind *kind,
                    struct bytes key, struct bytes state);

/* The session wants the resource to be absent. Its own claim, if any, ends; what is not its own is
 * deleted under a claim and comes back at undo. What another session wants too stays.
 *   0                        done.
 *   ERROR_NOT_FOUND          it is not there. If somebody else took away what this session had
 *                            added, its claim has ended with this.
 *   ERROR_NOT_ENOUGH_MEMORY  nothing is changed.
 *   ERROR_NOT_ENOUGH_QUOTA   as above; what the session has claimed it can always delete.
 *   ERROR_ACCESS_DENIED      a session of another instance wants it.
 *   other                    the probe or the change failed: nothing is changed or forgotten. */
uint32_t ledger_delete(struct ledger *ledger, struct ledger_session *session,
                       const struct kind *kind, struct bytes key);

/* The session wants the resource to have `state` (no bytes: to be absent) whatever it has now: its
 * own claim, if any, is replaced and becomes the newest. (Of a kind of shares `state` is the
 * session's share; one that it has already must be released first.) A claim is entered even when
 * nothing needs to change, so that nobody else's end takes the state away. 0 done; remembered as a
 * claim. ERROR_NOT_ENOUGH_MEMORY  nothing is changed. other                    the probe or the
 * change failed: nothing is changed, and a claim that the session had before stays as it was. */
uint32_t ledger_set(struct ledger *ledger, struct ledger_session *session, const struct kind *kind,
                    struct bytes key, struct bytes state);

/* Ends the session's claim on the resource before its time, just as ledger_undo() would.
 *   0                done.
 *   ERROR_NOT_FOUND  the session has no claim on it.
 *   other            the undo failed: nothing is changed, the claim stays. */
uint32_t ledger_release(struct ledger *ledger, struct ledger_session *session,
                        const struct kind *kind, struct bytes key);

/* So many of what could not be undone are tried again after each session: one may have waited for
 * another, but a session must not pay for thousands that others have left. */
enum { LEDGER_RETRIES = 64 };

/* Ends every claim of the session, newest first. A claim whose undo fails is logged and stays with
 * the ledger. Then LEDGER_RETRIES of what could not be undone so far are tried again. Returns what
 * ledger_retry() does. */
size_t ledger_undo(struct ledger *ledger, struct ledger_session *session);

/* Tries again what ledger_undo() could not do, except what another thread is busy with. Returns the
 * number of claims, of all sessions that have ended, that are still to be undone. */
size_t ledger_retry(struct ledger *ledger);

/* After ledger_undo(), ledger_retry(), ledger_recover() and ledger_verify(): puts on the disk what
 * was put back, and then has the journal forget it: before that, after a loss of power the machine
 * may still be as we had made it. One flush for all that has been put back so far, by whichever
 * session. If it fails, which is logged once, what was put back stays in the journal, counts as
 * left, and the next call tries again. Empties the journal's file if nothing is left in it. */
void ledger_flush(struct ledger *ledger);

/* What is still to be undone, of all sessions that have ended, without an attempt; after a flush
 * that has failed with what is still to be flushed. */
size_t ledger_left(struct ledger *ledger);
/* Calls `act`, with everybody kept away from the resource, if nobody, also of another instance, has
 * a change of it that is not put back yet. Returns whether it did. `act` does not call the ledger.
 */
bool ledger_if_untouched(struct ledger *ledger, const struct kind *kind, struct bytes key,
                         void (*act)(void *actor), void *actor);

/* Whether a session has a claim on the resource or is being served, or it is to be put back. */
bool ledger_knows(struct ledger *ledger, const struct kind *kind, struct bytes key);

/* Claims of all sessions, for status and tests. */
size_t ledger_claim_count(struct ledger *ledger);

#endif
