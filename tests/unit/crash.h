/* SPDX-License-Identifier: MIT */
/* crash.h: lives of the service on one machine in memory, each of which can end at any step.
 *
 * A step is an instant just before or just after the effect of a call to Windows or of a write to
 * the journal; both count in one row. A life that has ended has no effect any more, whatever its
 * code still does. */
#ifndef TESTS_UNIT_CRASH_H
#define TESTS_UNIT_CRASH_H

#include "fakes/memory/journal_file.h"
#include "tests/unit/random_client.h"

enum { CRASH_SESSIONS = 5 };

struct crash {
    struct fake_machine *machine, *before;
    struct fake_machine *disk; /* what of the machine is on its disk */
    struct fake_file *file;
    uint64_t boot;
    unsigned steps;  /* of this life so far */
    unsigned die_at; /* the life ends at this step; 0: it does not */
    bool is_dead;

    /* of this life; NULL and 0 when it ended before them */
    struct journal *journal;
    struct ledger *ledger;
    struct channel channels[CRASH_SESSIONS];
    unsigned session_count;
    struct ledger_summary recovered;
};

/* A populated machine and no journal. */
void crash_open(struct crash *crash);
void crash_close(struct crash *crash);

/* Start of a service that will die at step `die_at` (0: never): journal, recovery, `sessions`
 * sessions, of which each fourth is of openvpn.exe 2.6 if `random_dialect`. */
void crash_start(struct crash *crash, unsigned die_at, unsigned sessions, bool random_dialect);
/* Ends what sessions are left, and the life. Returns how many steps it had. */
unsigned crash_stop(struct crash *crash);

/* The life ends here: nothing that is done any more has an effect. */
void crash_die(struct crash *crash);

/* Windows writes the registry to disk, as it does now and then. */
void crash_sync(struct crash *crash);

/* What comes between two lives: the process has gone; or Windows was restarted, in good order or by
 * a loss of power, and with it of what was not on the disk, of which `seed` tells (a multiple of 3:
 * all of the registry was). */
void crash_restart_service(struct crash *crash);
void crash_reboot(struct crash *crash);
void crash_power_loss(struct crash *crash, uint64_t seed);

/* A life without sessions and without a death, after which the machine must be as before and the
 * journal without entries. False, and why on stderr, when it is not. */
bool crash_check_recovery(struct crash *crash);

/* Name servers and a domain of the TAP adapter, and its WINS servers. */
struct message crash_name_servers(void);
struct message crash_wins_servers(void);

/* One session that makes and takes back every kind of change, while Windows writes to disk at
 * random (random_begin). */
void crash_change_every_kind(struct crash *crash);

#endif
