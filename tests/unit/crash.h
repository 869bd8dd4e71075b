/* SPDX-License-Identifier: MIT */
/* crash.h: processes of the service, one after the other, on one machine in memory. Each can die at
 * any step.
 *
 * A step is an instant just before or just after the effect of a call to Windows or of a write to
 * the journal; both are counted together. After its death a process has no effect any more,
 * whatever its code still does. */
#ifndef TESTS_UNIT_CRASH_H
#define TESTS_UNIT_CRASH_H

#include "fakes/memory/journal_file.h"
#include "tests/unit/random_client.h"

enum { CRASH_SESSIONS = 5 };

struct crash {
    struct fake_machine *machine, *before;
    struct fake_machine *disk; /* the part of the machine that is on its disk */
    struct fake_file *file;
    uint64_t boot;
    unsigned steps;  /* of this process so far */
    unsigned die_at; /* the process dies at this step; 0: it does not */
    bool is_dead;

    /* of this process; NULL and 0 when it died before they were made */
    struct journal *journal;
    struct ledger *ledger;
    struct channel channels[CRASH_SESSIONS];
    unsigned session_count;
    struct ledger_summary recovered;
};

/* A populated machine without a journal. */
void crash_open(struct crash *crash);
void crash_close(struct crash *crash);

/* Starts a service that will die at step `die_at` (0: never): opens the journal, recovers, and
 * opens `sessions` sessions. With `random_dialect` one in four is of openvpn.exe 2.6. */
void crash_start(struct crash *crash, unsigned die_at, unsigned sessions, bool random_dialect);
/* Ends the open sessions and the process. Returns how many steps it made. */
unsigned crash_stop(struct crash *crash);

/* The process dies here: nothing that its code does later has an effect. */
void crash_die(struct crash *crash);

/* Windows writes the registry to disk, as it does now and then. */
void crash_sync(struct crash *crash);

/* What happens between two processes: only the process has ended; Windows was rebooted in an
 * orderly way; or the power was lost, and with it what was not on the disk. Then `seed` decides how
 * much was (a multiple of 3: the whole registry). */
void crash_restart_service(struct crash *crash);
void crash_reboot(struct crash *crash);
void crash_power_loss(struct crash *crash, uint64_t seed);

/* Starts a process without sessions that does not die. Afterwards the machine must be as at first
 * and the journal empty: otherwise false, with the reason on stderr. */
bool crash_check_recovery(struct crash *crash);

/* Name servers and a domain of the TAP adapter, its WINS servers, and an NRPT rule. */
struct message crash_name_servers(void);
struct message crash_wins_servers(void);
struct message crash_rule(void);

/* One session that makes and takes back every kind of change, while Windows writes to disk at
 * random (random_begin). */
void crash_change_every_kind(struct crash *crash);

#endif
