/* SPDX-License-Identifier: MIT */
/* attempt.h: what has become of an update: the states that one goes through, from its acceptance to
 * its outcome, and the record of it on the disk.
 *
 *     waiting ──► installing ──► installed
 *        ▲            │ 1618        failed
 *        └────────────┘             restart_needed ──► installed, failed
 *
 * The installer ends the service that has started it, so what was begun by one process is judged by
 * the next one: by the version that runs. Rules:
 *
 *  1. The state is on the disk before the step that it tells of begins: a death at any point leaves
 *     a record of what may have been done.
 *  2. Whatever the record says, an update whose version runs is installed.
 *  3. One that was being installed, and whose version does not run when no installer does, has
 *     failed. It is not tried again by itself: a package that breaks the service would do so for
 *     ever. Only what another installation has kept away (1618) is tried again, a few times. */
#ifndef UPDATE_ATTEMPT_H
#define UPDATE_ATTEMPT_H

#include "update/crypto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

/* In the record: never change a number. */
enum attempt_state {
    ATTEMPT_NONE,
    ATTEMPT_WAITING,    /* taken over; for sessions to end, or for another installation */
    ATTEMPT_INSTALLING, /* the installer runs, or is about to */
    ATTEMPT_INSTALLED,
    ATTEMPT_FAILED,
    ATTEMPT_RESTART_NEEDED, /* Windows replaces files at its next start */
    ATTEMPT_STATE_COUNT
};

enum {
    ATTEMPT_VERSION_SIZE = 32,  /* bytes of ASCII, the terminator included */
    ATTEMPT_PACKAGE_SIZE = 128, /* likewise: the name of its file */
    ATTEMPT_MOST_TRIES = 60,    /* while other installations run */
    ATTEMPT_RECORD_SIZE = 280
};

struct update_attempt {
    enum attempt_state state;
    bool when_idle; /* it waits until nobody has a session */
    uint32_t code;  /* of the installer, or of what has failed before it; 0: nothing to say */
    uint32_t tries; /* how often the installer was started */
    uint64_t since; /* of the state: seconds since the beginning of 1970, UTC */
    uint64_t boot;  /* the run of Windows in which the installer was started */
    uint64_t process_created; /* of the installer, as a FILETIME in one number */
    uint32_t process_id;      /* 0: it is not known to have started */
    char version[ATTEMPT_VERSION_SIZE];
    char package[ATTEMPT_PACKAGE_SIZE];
    uint64_t manifest; /* its version */
    uint64_t size;     /* of the package, and its digest */
    uint8_t digest[UPDATE_DIGEST_SIZE];
};

/* What is known when the service starts. */
struct attempt_facts {
    const char16_t *running; /* the version of this program */
    uint64_t boot;           /* this run of Windows; 0: not known */
    bool installer_runs;     /* the installer of the record */
    uint64_t now;            /* seconds since 1970 */
};

/* Codes of Windows Installer (Microsoft, "MsiExec.exe and InstMsi.exe error messages") that have a
 * meaning here; all others have failed. */
enum {
    INSTALLER_FAILED = 1603,
    INSTALLER_IS_BUSY = 1618,
    INSTALLER_HAS_RESTARTED_WINDOWS = 1641,
    INSTALLER_NEEDS_RESTART = 3010
};

/* Sets the state, and its time. */
void attempt_set(struct update_attempt *attempt, enum attempt_state state, uint32_t code,
                 uint64_t now);

/* Judges at the start of the service what an earlier process has left. Returns whether the state
 * has changed. */
bool attempt_judge(struct update_attempt *attempt, const struct attempt_facts *facts);

/* The installer has ended with the code, while this process runs. */
void attempt_end(struct update_attempt *attempt, uint32_t code, const struct attempt_facts *facts);

/* Whether the version is that of this attempt. */
bool attempt_is_of(const struct update_attempt *attempt, const char16_t *version);

/* The code as a sentence, with what to do. Empty for 0. */
const char16_t *attempt_reason(uint32_t code);

/* The record, and whether the bytes are one: false for anything damaged, or of a later version. */
void attempt_encode(const struct update_attempt *attempt, uint8_t bytes[ATTEMPT_RECORD_SIZE]);
bool attempt_decode(const void *bytes, size_t size, struct update_attempt *attempt);

#endif
