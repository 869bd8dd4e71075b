/* SPDX-License-Identifier: MIT */
#include "service/log_origin.h"

#include <windows.h>

enum { USERS = 64, PERIOD_MILLISECONDS = 60000 };

/* By a hash of the user. Two users in one place share its lines, which costs them log lines at
 * worst; in return there is nothing to grow and nothing to free. */
static struct log_limit users[USERS];
static SRWLOCK users_lock = SRWLOCK_INIT;

static INIT_ONCE slot_once = INIT_ONCE_STATIC_INIT;
static DWORD slot = TLS_OUT_OF_INDEXES;

static BOOL CALLBACK allocate_slot(INIT_ONCE *once, void *parameter, void **context)
{
    (void)once;
    (void)parameter;
    (void)context;
    slot = TlsAlloc();
    return TRUE;
}

static bool has_slot(void)
{
    InitOnceExecuteOnce(&slot_once, allocate_slot, NULL, NULL);
    return slot != TLS_OUT_OF_INDEXES;
}

/* FNV-1a. */
static size_t place_of(const unsigned char *sid, size_t size)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ sid[i]) * 16777619u;
    return hash % USERS;
}

void log_origin_begin(struct log_origin *speaker, const void *sid, size_t size)
{
    *speaker = (struct log_origin){.session = {.most = SESSION_LINES},
                                    .user = &users[place_of(sid, size)]};
    if (has_slot())
        TlsSetValue(slot, speaker);
}

void log_origin_end(void)
{
    if (has_slot())
        TlsSetValue(slot, NULL);
}

static enum log_verdict count_for_user(struct log_limit *user)
{
    AcquireSRWLockExclusive(&users_lock);
    user->most = USER_LINES;
    user->milliseconds = PERIOD_MILLISECONDS;
    enum log_verdict verdict = log_limit_count(user, GetTickCount64());
    ReleaseSRWLockExclusive(&users_lock);
    return verdict;
}

bool log_origin_admits(const char **line)
{
    DWORD error = GetLastError(); /* TlsGetValue clears it */
    struct log_origin *speaker = has_slot() ? TlsGetValue(slot) : NULL;
    SetLastError(error);

    if (!speaker)
        return true;
    enum log_verdict verdict = log_limit_count(&speaker->session, GetTickCount64());
    if (verdict == LOG_DROP)
        return false;
    if (verdict == LOG_WRITE_NOTICE)
        *line = "Further messages about this session are suppressed";
    verdict = count_for_user(speaker->user);
    if (verdict == LOG_WRITE_NOTICE)
        *line = "Further messages about the clients of this user are suppressed for a minute";
    return verdict != LOG_DROP;
}
