/* SPDX-License-Identifier: MIT */
/* lock.h: a mutex and a condition variable with the same calls on every platform.
 *
 * Zero-initialised storage is a valid lock or condition; neither needs to be destroyed. A lock is
 * not recursive. */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#ifdef _WIN32
#include <windows.h>
#else
#include <pthread.h>
#endif

struct lock {
#ifdef _WIN32
    SRWLOCK native;
#else
    pthread_mutex_t native;
#endif
};

struct condition {
#ifdef _WIN32
    CONDITION_VARIABLE native;
#else
    pthread_cond_t native;
#endif
};

static inline void lock_acquire(struct lock *lock)
{
#ifdef _WIN32
    AcquireSRWLockExclusive(&lock->native);
#else
    pthread_mutex_lock(&lock->native);
#endif
}

static inline void lock_release(struct lock *lock)
{
#ifdef _WIN32
    ReleaseSRWLockExclusive(&lock->native);
#else
    pthread_mutex_unlock(&lock->native);
#endif
}

/* Releases `lock` while waiting and holds it again on return. Wakes may be spurious. */
static inline void condition_wait(struct condition *condition, struct lock *lock)
{
#ifdef _WIN32
    SleepConditionVariableSRW(&condition->native, &lock->native, INFINITE, 0);
#else
    pthread_cond_wait(&condition->native, &lock->native);
#endif
}

static inline void condition_wake_all(struct condition *condition)
{
#ifdef _WIN32
    WakeAllConditionVariable(&condition->native);
#else
    pthread_cond_broadcast(&condition->native);
#endif
}

#endif
