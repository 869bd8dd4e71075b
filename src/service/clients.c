/* SPDX-License-Identifier: MIT */
#include "service/clients.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_REFUSALS = 64 };

struct client_user {
    struct client_user *next;
    struct ledger_user changes;
    atomic_uint adapters;
    atomic_size_t startup_bytes;
    uint32_t clients; /* of this user, at the moment */
    uint32_t size;
    unsigned char sid[SECURITY_MAX_SID_SIZE];
};

void clients_open(struct clients *clients, const struct settings *settings)
{
    *clients = (struct clients){.settings = settings};
    InitializeSRWLock(&clients->lock);
    InitializeConditionVariable(&clients->changed);
}

static struct client_user *client_user_get(struct clients *clients, const void *sid, uint32_t size)
{
    struct client_user *user = clients->users;
    while (user && (user->size != size || memcmp(user->sid, sid, size) != 0))
        user = user->next;
    if (user)
        return user;
    user = calloc(1, sizeof(*user));
    if (!user)
        return NULL;
    user->changes.limit = clients->settings->max_changes_per_user;
    user->size = size;
    memcpy(user->sid, sid, size);
    user->next = clients->users;
    clients->users = user;
    return user;
}

/* Of users without clients: whoever has left changes behind that could not be undone yet, or has
 * had adapters made, stays, for these count when the user comes again. */
static void client_users_remove_idle(struct clients *clients)
{
    for (struct client_user **link = &clients->users; *link;) {
        struct client_user *user = *link;
        if (user->clients || atomic_load(&user->changes.count) || atomic_load(&user->adapters)) {
            link = &user->next;
            continue;
        }
        *link = user->next;
        free(user);
    }
}

struct client_user *clients_admit(struct clients *clients, const void *sid, uint32_t size)
{
    struct client_user *user = NULL;
    if (size > SECURITY_MAX_SID_SIZE)
        return NULL;
    AcquireSRWLockExclusive(&clients->lock);
    if (clients->admitted < clients->settings->max_clients)
        user = client_user_get(clients, sid, size);
    if (user && user->clients < clients->settings->max_clients_per_user) {
        user->clients++;
        clients->admitted++;
    } else {
        user = NULL; /* at its limit it has clients, so it is not lost */
    }
    ReleaseSRWLockExclusive(&clients->lock);
    return user;
}

void clients_leave(struct clients *clients, struct client_user *user)
{
    AcquireSRWLockExclusive(&clients->lock);
    clients->admitted--;
    if (--user->clients == 0)
        client_users_remove_idle(clients);
    WakeAllConditionVariable(&clients->changed);
    ReleaseSRWLockExclusive(&clients->lock);
}

const void *clients_sid(const struct client_user *user, uint32_t *size)
{
    *size = user->size;
    return user->sid;
}

struct ledger_user *clients_changes(struct client_user *user)
{
    return &user->changes;
}

atomic_uint *clients_adapters(struct client_user *user)
{
    return &user->adapters;
}

bool clients_take_startup(struct client_user *user, size_t bytes)
{
    if (atomic_fetch_add(&user->startup_bytes, bytes) + bytes <= CLIENTS_STARTUP_BYTES)
        return true;
    clients_return_startup(user, bytes);
    return false;
}

void clients_return_startup(struct client_user *user, size_t bytes)
{
    atomic_fetch_sub(&user->startup_bytes, bytes);
}

bool clients_admit_refusal(struct clients *clients)
{
    AcquireSRWLockExclusive(&clients->lock);
    bool admitted = clients->refused < MAX_REFUSALS;
    if (admitted)
        clients->refused++;
    ReleaseSRWLockExclusive(&clients->lock);
    return admitted;
}

void clients_leave_refusal(struct clients *clients)
{
    AcquireSRWLockExclusive(&clients->lock);
    clients->refused--;
    WakeAllConditionVariable(&clients->changed);
    ReleaseSRWLockExclusive(&clients->lock);
}

void clients_note_start(struct clients *clients)
{
    AcquireSRWLockExclusive(&clients->lock);
    clients->running++;
    ReleaseSRWLockExclusive(&clients->lock);
}

void clients_note_end(struct clients *clients)
{
    AcquireSRWLockExclusive(&clients->lock);
    clients->running--;
    ReleaseSRWLockExclusive(&clients->lock);
}

uint32_t clients_running(struct clients *clients)
{
    AcquireSRWLockShared(&clients->lock);
    uint32_t running = clients->running;
    ReleaseSRWLockShared(&clients->lock);
    return running;
}

uint32_t clients_wait_for_none(struct clients *clients, uint32_t milliseconds)
{
    ULONGLONG deadline = GetTickCount64() + milliseconds;
    AcquireSRWLockExclusive(&clients->lock);
    for (;;) {
        ULONGLONG now = GetTickCount64();
        if (clients->admitted + clients->refused == 0 || now >= deadline)
            break;
        SleepConditionVariableSRW(&clients->changed, &clients->lock, (DWORD)(deadline - now), 0);
    }
    uint32_t left = clients->admitted + clients->refused;
    ReleaseSRWLockExclusive(&clients->lock);
    return left;
}
