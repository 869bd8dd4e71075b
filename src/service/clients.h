/* SPDX-License-Identifier: MIT */
/* clients.h: how many clients are served, in all and of each user, and whether one more may be.
 *
 * A client counts from the moment it connects, before it has written anything, so that one user's
 * silent connections cannot use up the capacity for everybody. Thread-safe. */
#ifndef SERVICE_CLIENTS_H
#define SERVICE_CLIENTS_H

#include "service/settings.h"
#include "undo/ledger.h"

#include <stdatomic.h>
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
    uint32_t refused;  /* clients being told that there are too many */
    uint32_t running;  /* of the admitted: those with an openvpn.exe */
};

/* `settings` must outlive the clients. */
void clients_open(struct clients *clients, const struct settings *settings);

/* Counts one more client of the user `sid` (size 0: the user is unknown; all such clients share one
 * limit). Returns the user, valid until clients_leave(), or NULL when a limit is reached or memory
 * is short. */
struct client_user *clients_admit(struct clients *clients, const void *sid, uint32_t size);
void clients_leave(struct clients *clients, struct client_user *user);

/* The SID of the user, and its size in bytes. */
const void *clients_sid(const struct client_user *user, uint32_t *size);

/* The count of changes that all sessions of the user have made, for the ledger to limit. */
struct ledger_user *clients_changes(struct client_user *user);

/* How often the user has had an adapter made since the service runs. */
atomic_uint *clients_adapters(struct client_user *user);

/* Counts memory for the start-up data of a client of this user, who may have
 * CLIENTS_STARTUP_BYTES of it at a time. Returns false, and counts nothing, if that is too much. */
enum { CLIENTS_STARTUP_BYTES = 1 << 20 };
bool clients_take_startup(struct client_user *user, size_t bytes);
void clients_return_startup(struct client_user *user, size_t bytes);

/* Counts one more client that is told of its refusal. These are few: when this returns false, the
 * connection is just closed. */
bool clients_admit_refusal(struct clients *clients);
void clients_leave_refusal(struct clients *clients);

/* An admitted client has started its openvpn.exe, or everything that this did is undone. */
void clients_note_start(struct clients *clients);
void clients_note_end(struct clients *clients);
uint32_t clients_running(struct clients *clients);

/* Waits at most `milliseconds`. Returns how many clients, admitted and refused, are left. */
uint32_t clients_wait_for_none(struct clients *clients, uint32_t milliseconds);

#endif
