/* SPDX-License-Identifier: MIT */
#include "service/session_list.h"

#include "base/text.h"
#include "base/win32/handles.h"

#include <utlist.h>

static struct listed_session *listed(const struct control_session *session)
{
    return (struct listed_session *)session;
}

void session_list_open(struct session_list *list)
{
    *list = (struct session_list){0};
    InitializeSRWLock(&list->lock);
    InitializeConditionVariable(&list->changed);
}

void session_list_stop(struct session_list *list)
{
    AcquireSRWLockExclusive(&list->lock);
    list->is_stopping = true;
    WakeAllConditionVariable(&list->changed);
    ReleaseSRWLockExclusive(&list->lock);
}

bool session_list_is_stopping(struct session_list *list)
{
    AcquireSRWLockShared(&list->lock);
    bool is_stopping = list->is_stopping;
    ReleaseSRWLockShared(&list->lock);
    return is_stopping;
}

/* ---- one session ---- */

static void listed_session_free(struct listed_session *session)
{
    close_handle(&session->process);
    close_handle(&session->token);
    free(session);
}

/* With a copy of the config's path; NULL: it is not named. */
static struct listed_session *session_allocate(const char16_t *config)
{
    size_t length = config ? text_length(config) : 0;
    if (length > CONTROL_CONFIG_UNITS)
        length = text_whole_length(config, CONTROL_CONFIG_UNITS);
    struct listed_session *session =
        calloc(1, sizeof(*session) + (length + 1) * sizeof(*session->config));
    if (!session)
        return NULL;
    if (length)
        memcpy(session->config, config, length * sizeof(*config));
    return session;
}

static uint64_t seconds_since_1970(void)
{
    const uint64_t ticks_per_second = 10000000, between_1601_and_1970 = 11644473600;
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    uint64_t ticks = (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
    return ticks / ticks_per_second - between_1601_and_1970;
}

/* A session that cannot be told to end by its event is ended all the same (control/end.c). */
static void find_exit_event(struct listed_session *session, const struct tokens *options)
{
    const char16_t *name = options_value(options, u"service");
    uint32_t number;
    if (!name || token_session(session->token, &number) ||
        !exit_event_name(name, number, session->exit_event))
        *session->exit_event = 0;
}

static uint32_t fill_session(struct listed_session *session, const struct session_facts *facts)
{
    ULONG client = 0;
    HANDLE self = GetCurrentProcess();
    const DWORD size = GetLengthSid(facts->caller->sid);
    session->token = TAKE(facts->caller->token);
    if (!DuplicateHandle(self, facts->process, self, &session->process, 0, FALSE,
                         DUPLICATE_SAME_ACCESS))
        return GetLastError();
    memcpy(session->owner, facts->caller->sid, size);
    find_exit_event(session, facts->options);
    GetNamedPipeClientProcessId(facts->client_pipe, &client);
    session->facts = (struct control_session){.process_id = facts->process_id,
                                              .client_id = client,
                                              .since = seconds_since_1970(),
                                              .owner = session->owner,
                                              .owner_size = size,
                                              .config = session->config};
    return 0;
}

uint32_t session_list_enter(struct session_list *list, const struct session_facts *facts,
                            struct listed_session **session)
{
    struct listed_session *made = session_allocate(options_value(facts->options, u"config"));
    if (!made)
        return ERROR_NOT_ENOUGH_MEMORY;
    uint32_t error = fill_session(made, facts);
    if (error) {
        listed_session_free(made);
        return error;
    }
    AcquireSRWLockExclusive(&list->lock);
    made->facts.serial = ++list->last_serial;
    made->references = 1;
    DL_APPEND2(list->sessions, made, previous, next);
    list->count++;
    ReleaseSRWLockExclusive(&list->lock);
    *session = made;
    return 0;
}

void session_list_leave(struct session_list *list, struct listed_session *session)
{
    AcquireSRWLockExclusive(&list->lock);
    DL_DELETE2(list->sessions, session, previous, next);
    list->count--;
    session->has_ended = true;
    WakeAllConditionVariable(&list->changed);
    ReleaseSRWLockExclusive(&list->lock);
    session_drop(list, session);
}

void session_hold(struct session_list *list, struct listed_session *session)
{
    AcquireSRWLockExclusive(&list->lock);
    session->references++;
    ReleaseSRWLockExclusive(&list->lock);
}

void session_drop(struct session_list *list, struct listed_session *session)
{
    AcquireSRWLockExclusive(&list->lock);
    bool is_last = --session->references == 0;
    ReleaseSRWLockExclusive(&list->lock);
    if (is_last)
        listed_session_free(session);
}

/* ---- copies ---- */

uint32_t session_list_copy(struct session_list *list, struct control_sessions *copy)
{
    size_t count = 0;
    AcquireSRWLockExclusive(&list->lock);
    const struct control_session **items = malloc((list->count + 1) * sizeof(*items));
    struct listed_session *session;
    if (items) {
        DL_FOREACH2(list->sessions, session, next)
        {
            session->references++;
            items[count++] = &session->facts;
        }
    }
    ReleaseSRWLockExclusive(&list->lock);
    *copy = (struct control_sessions){items, count};
    return items ? 0 : ERROR_NOT_ENOUGH_MEMORY;
}

void session_list_release(struct session_list *list, struct control_sessions *copy)
{
    for (size_t i = 0; i < copy->count; i++)
        session_drop(list, listed(copy->items[i]));
    free(copy->items);
    *copy = (struct control_sessions){0};
}

/* ---- waiting ---- */

/* With the lock held. */
static void put_living_first(struct control_sessions *sessions)
{
    size_t living = 0;
    for (size_t i = 0; i < sessions->count; i++) {
        const struct control_session *session = sessions->items[i];
        if (listed(session)->has_ended)
            continue;
        sessions->items[i] = sessions->items[living];
        sessions->items[living++] = session;
    }
    sessions->count = living;
}

void session_list_wait(struct session_list *list, struct control_sessions *sessions,
                       uint64_t deadline)
{
    AcquireSRWLockExclusive(&list->lock);
    for (;;) {
        ULONGLONG now = GetTickCount64();
        put_living_first(sessions);
        if (!sessions->count || list->is_stopping || now >= deadline)
            break;
        SleepConditionVariableSRW(&list->changed, &list->lock, (DWORD)(deadline - now), 0);
    }
    ReleaseSRWLockExclusive(&list->lock);
}
