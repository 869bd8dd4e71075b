/* SPDX-License-Identifier: MIT */
#include "service/log_origin.h"

#include <windows.h>

enum { USERS = 64, PERIOD_MILLISECONDS = 60000 };

/* By a hash of the SID. Users with the same hash share a limit, which costs them log lines at
 * worst; in return nothing has to grow or be freed. */
static struct log_limit users[USERS];
static SRWLOCK users_lock = SRWLOCK_INIT;

static INIT_ONCE slot_once = INIT_ONCE_STATIC_INIT;
static DWORD slot = TLS_OUT_OF_INDEXES;

static BOOL CALLBACK allocate_origin_slot(INIT_ONCE *once, void *parameter, void **context)
{
    (void)once;
    (void)parameter;
    (void)context;
    slot = TlsAlloc();
    return TRUE;
}

/* The first call allocates the slot. False: Windows had none. */
static bool ensure_origin_slot(void)
{
    InitOnceExecuteOnce(&slot_once, allocate_origin_slot, NULL, NULL);
    return slot != TLS_OUT_OF_INDEXES;
}

/* FNV-1a. */
static size_t user_index(const unsigned char *sid, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ sid[i]) * 16777619u;
    return hash % USERS;
}

void log_origin_begin(struct log_origin *origin, const void *sid, size_t size)
{
    *origin = (struct log_origin){.session = {.most = SESSION_LINES},
                                  .user = &users[user_index(sid, size)]};
    if (ensure_origin_slot())
        TlsSetValue(slot, origin);
}

void log_origin_end(void)
{
    if (ensure_origin_slot())
        TlsSetValue(slot, NULL);
}

static enum log_verdict count_line_of_user(struct log_limit *user)
{
    AcquireSRWLockExclusive(&users_lock);
    user->most = USER_LINES;
    user->milliseconds = PERIOD_MILLISECONDS;
    enum log_verdict verdict = log_limit_count(user, GetTickCount64());
    ReleaseSRWLockExclusive(&users_lock);
    return verdict;
}

static void replace_line(struct log_line *line, const char *notice)
{
    line->event = LOG_LINES_LIMITED;
    line->text = notice;
}

bool log_origin_count(struct log_line *line)
{
    DWORD error = GetLastError(); /* TlsGetValue clears it */
    struct log_origin *origin = ensure_origin_slot() ? TlsGetValue(slot) : NULL;
    SetLastError(error);

    if (!origin)
        return true;
    enum log_verdict verdict = log_limit_count(&origin->session, GetTickCount64());
    if (verdict == LOG_DROP)
        return false;
    if (verdict == LOG_WRITE_NOTICE)
        replace_line(line, "Further messages about this session are suppressed");
    verdict = count_line_of_user(origin->user);
    if (verdict == LOG_WRITE_NOTICE)
        replace_line(line, "Further messages about the clients of this user are suppressed for a "
                           "minute");
    return verdict != LOG_DROP;
}
