/* SPDX-License-Identifier: MIT */
/* clients.h: who is being served, and whether one more may be.
 *
 * A client counts from the moment it connects, before it has said a word, so that one user's silent
 * connections cannot fill the places of all. Thread-safe. */
#ifndef SERVICE_CLIENTS_H
#define SERVICE_CLIENTS_H

#include "service/settings.h"
#include "undo/ledger.h"

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

struct client_user;

struct clients {
    SRWLOCK lock;
    CONDITION_VARIABLE changed;
    struct client_user *users;
    const struct settings *settings;
    uint32_t admitted; /* clients being served */
    uint32_t refused;  /* clients that are being told that there is no place */
    uint32_t running;  /* of the admitted: those with an openvpn.exe */
};

/* `settings` stay where they are. */
void clients_open(struct clients *clients, const struct settings *settings);

/* One place for a client of the user `sid` (an empty one, size 0, where the user is unknown; all
 * such clients share its places). Returns the place, or NULL when there is none. */
struct client_user *clients_admit(struct clients *clients, const void *sid, uint32_t size);
void clients_leave(struct clients *clients, struct client_user *place);

/* The user of a place: a SID, and its size. */
const void *clients_user(const struct client_user *place, uint32_t *size);

/* What its user's sessions have changed, as long as the place is taken. */
struct ledger_user *clients_changes(struct client_user *place);

/* A place to be told "no" in: these are few, and whoever gets none is simply cut off. */
bool clients_admit_refusal(struct clients *clients);
void clients_leave_refusal(struct clients *clients);

/* An admitted client has started its openvpn.exe, or has undone all it did. */
void clients_note_start(struct clients *clients);
void clients_note_end(struct clients *clients);
uint32_t clients_running(struct clients *clients);

/* Waits at most `milliseconds` and returns how many clients of either sort are left. */
uint32_t clients_wait_for_none(struct clients *clients, uint32_t milliseconds);

#endif
