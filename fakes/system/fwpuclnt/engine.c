/* SPDX-License-Identifier: MIT */
/* Sessions and transactions. Errors as in Microsoft's documentation of each function. */
#include "engine.h"

/* "If the caller specifies zero, BFE uses its default": FWPM_SESSION0. */
enum { DEFAULT_WAIT_MILLISECONDS = 15000 };

struct wfp model;

static SRWLOCK engines_lock = SRWLOCK_INIT;
static struct engine *engines;

/* Whether the filtering platform still has the session: a restart of it ends them all. */
static bool is_alive(const struct engine *engine)
{
    if (engine->in_transaction)
        return true;
    bool exists = wfp_session_exists(wfp_read(&model), engine->session);
    wfp_read_end(&model);
    return exists;
}

static struct engine *engine_of(HANDLE handle)
{
    AcquireSRWLockShared(&engines_lock);
    struct engine *engine = engines;
    while (engine && engine != handle)
        engine = engine->next;
    ReleaseSRWLockShared(&engines_lock);
    return engine && is_alive(engine) ? engine : NULL;
}

static void link_engine(struct engine *engine)
{
    AcquireSRWLockExclusive(&engines_lock);
    engine->next = engines;
    engines = engine;
    ReleaseSRWLockExclusive(&engines_lock);
}

static void unlink_engine(struct engine *engine)
{
    AcquireSRWLockExclusive(&engines_lock);
    struct engine **at = &engines;
    while (*at && *at != engine)
        at = &(*at)->next;
    if (*at)
        *at = engine->next;
    ReleaseSRWLockExclusive(&engines_lock);
}

/* ---- transactions ---- */

uint32_t change_begin(HANDLE handle, struct change *change)
{
    *change = (struct change){.engine = engine_of(handle)};
    if (!change->engine)
        return ERROR_INVALID_HANDLE;
    if (change->engine->in_transaction) {
        change->tables = change->engine->tables;
        return change->engine->read_only ? FWP_ERROR(FWP_E_INCOMPATIBLE_TXN) : 0;
    }
    change->is_own = true;
    change->tables = wfp_begin(&model, change->engine->wait_milliseconds);
    return change->tables ? 0 : FWP_ERROR(FWP_E_TIMEOUT);
}

uint32_t change_end(struct change *change, uint32_t error)
{
    if (!change->is_own)
        return error;
    if (error)
        wfp_abort(&model);
    else
        wfp_commit(&model);
    return error;
}

uint32_t view_begin(HANDLE handle, struct change *view)
{
    *view = (struct change){.engine = engine_of(handle)};
    if (!view->engine)
        return ERROR_INVALID_HANDLE;
    view->tables = view->engine->tables;
    if (!view->tables) {
        view->is_own = true;
        view->tables = (struct wfp_tables *)(ULONG_PTR)wfp_read(&model);
    }
    return 0;
}

void view_end(struct change *view)
{
    if (view->is_own)
        wfp_read_end(&model);
}

DWORD WINAPI FwpmTransactionBegin0(HANDLE handle, UINT32 flags)
{
    struct watch watch;
    struct engine *engine = engine_of(handle);
    uint32_t error = watch_begin(&watch, CALL_FwpmTransactionBegin0);
    record_number(&watch.record, "session", engine ? engine->session : 0);
    record_hex(&watch.record, "flags", flags);
    if (error)
        return watch_end(&watch, error);
    if (!engine)
        return watch_end(&watch, ERROR_INVALID_HANDLE);
    if (engine->in_transaction)
        return watch_end(&watch, FWP_ERROR(FWP_E_TXN_IN_PROGRESS));
    if (flags & ~(UINT32)FWPM_TXN_READ_ONLY)
        return watch_end(&watch, FWP_ERROR(FWP_E_INVALID_FLAGS));
    engine->tables = wfp_begin(&model, engine->wait_milliseconds);
    engine->in_transaction = engine->tables != NULL;
    engine->read_only = flags & FWPM_TXN_READ_ONLY;
    return watch_end(&watch, engine->tables ? 0 : FWP_ERROR(FWP_E_TIMEOUT));
}

static uint32_t end_transaction(enum call call, HANDLE handle, void end(struct wfp *))
{
    struct watch watch;
    struct engine *engine = engine_of(handle);
    uint32_t error = watch_begin(&watch, call);
    record_number(&watch.record, "session", engine ? engine->session : 0);
    if (error)
        return watch_end(&watch, error);
    if (!engine)
        return watch_end(&watch, ERROR_INVALID_HANDLE);
    if (!engine->in_transaction)
        return watch_end(&watch, FWP_ERROR(FWP_E_NO_TXN_IN_PROGRESS));
    engine->in_transaction = false;
    engine->tables = NULL;
    end(&model);
    return watch_end(&watch, 0);
}

DWORD WINAPI FwpmTransactionCommit0(HANDLE handle)
{
    return end_transaction(CALL_FwpmTransactionCommit0, handle, wfp_commit);
}

DWORD WINAPI FwpmTransactionAbort0(HANDLE handle)
{
    return end_transaction(CALL_FwpmTransactionAbort0, handle, wfp_abort);
}

/* ---- sessions ---- */

static uint32_t add_session(struct engine *engine)
{
    struct wfp_tables *tables = wfp_begin(&model, engine->wait_milliseconds);
    if (!tables)
        return FWP_ERROR(FWP_E_TIMEOUT);
    if (tables->session_count == WFP_SESSIONS) {
        wfp_abort(&model);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    engine->session = ++tables->last_session;
    tables->sessions[tables->session_count++] = (struct wfp_session){
        .id = engine->session, .owner = machine_process_mark(), .dynamic = engine->dynamic};
    wfp_commit(&model);
    return 0;
}

DWORD WINAPI FwpmEngineOpen0(const wchar_t *server, UINT32 authentication,
                             SEC_WINNT_AUTH_IDENTITY_W *identity, const FWPM_SESSION0 *session,
                             HANDLE *handle)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_FwpmEngineOpen0);
    record_wide(&watch.record, "server", server);
    record_number(&watch.record, "authentication", authentication);
    record_hex(&watch.record, "flags", session ? session->flags : 0);
    record_wide(&watch.record, "name", session ? session->displayData.name : NULL);
    if (!error && (!handle || identity || server))
        error = ERROR_INVALID_PARAMETER; /* the model belongs to this machine, for every caller */
    if (!error && session && session->flags & ~(UINT32)FWPM_SESSION_FLAG_DYNAMIC)
        error = FWP_ERROR(FWP_E_INVALID_FLAGS);
    if (error)
        return watch_end(&watch, error);
    struct engine *engine = calloc(1, sizeof(*engine));
    if (!engine)
        return watch_end(&watch, ERROR_NOT_ENOUGH_MEMORY);
    engine->dynamic = session && session->flags & FWPM_SESSION_FLAG_DYNAMIC;
    engine->wait_milliseconds = session && session->txnWaitTimeoutInMSec
                                    ? session->txnWaitTimeoutInMSec
                                    : DEFAULT_WAIT_MILLISECONDS;
    error = add_session(engine);
    record_number(&watch.record, "session", engine->session);
    if (error) {
        free(engine);
        return watch_end(&watch, error);
    }
    link_engine(engine);
    *handle = engine;
    return watch_end(&watch, 0);
}

/* Aborts an open transaction and removes the session's dynamic objects. */
DWORD WINAPI FwpmEngineClose0(HANDLE handle)
{
    struct watch watch;
    struct engine *engine = engine_of(handle);
    uint32_t error = watch_begin(&watch, CALL_FwpmEngineClose0);
    record_number(&watch.record, "session", engine ? engine->session : 0);
    if (error)
        return watch_end(&watch, error);
    engine = engine_of(handle); /* it may have ended while the call was held up */
    if (!engine)
        return watch_end(&watch, ERROR_INVALID_HANDLE);
    if (engine->in_transaction)
        wfp_abort(&model);
    engine->in_transaction = false;
    engine->tables = NULL;
    struct wfp_tables *tables = wfp_begin(&model, INFINITE);
    wfp_remove_session(tables, engine->session);
    wfp_commit(&model);
    unlink_engine(engine);
    free(engine);
    return watch_end(&watch, 0);
}

uint64_t session_of_new(const struct engine *engine)
{
    return engine->dynamic ? engine->session : 0;
}

uint32_t may_delete(const struct engine *engine, uint64_t session)
{
    return session && session != engine->session ? FWP_ERROR(FWP_E_WRONG_SESSION) : 0;
}

uint32_t check_lifetime(const struct engine *engine, uint64_t session_of_referred)
{
    return session_of_referred && session_of_referred != session_of_new(engine)
               ? FWP_ERROR(FWP_E_LIFETIME_MISMATCH)
               : 0;
}

void take_text(const wchar_t *from, wchar_t to[WFP_NAME_UNITS])
{
    size_t length = from ? wcslen(from) : 0;
    if (length >= WFP_NAME_UNITS)
        length = WFP_NAME_UNITS - 1;
    if (length)
        memcpy(to, from, length * sizeof(*to));
    to[length] = L'\0';
}

void record_guid(struct record *record, const char *name, const GUID *guid)
{
    char text[WFP_GUID_TEXT];
    if (record->off || !guid)
        return;
    wfp_guid_text(guid, text);
    record_utf8(record, name, text);
}
