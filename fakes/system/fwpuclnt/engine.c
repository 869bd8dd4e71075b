/* SPDX-License-Identifier: MIT */
/* Sessions and transactions. Errors as in Microsoft's documentation of each function. */
#include "engine.h"

/* "If the caller specifies zero, BFE uses its default": FWPM_SESSION0. */
enum { DEFAULT_WAIT_MILLISECONDS = 15000 };

struct wfp model;

static SRWLOCK engines_lock = SRWLOCK_INIT;
static struct engine *engines;

static struct engine *engine_of(HANDLE handle)
{
    AcquireSRWLockShared(&engines_lock);
    struct engine *engine = engines;
    while (engine && engine != handle)
        engine = engine->next;
    ReleaseSRWLockShared(&engines_lock);
    return engine;
}

uint32_t engine_find(HANDLE handle, struct engine **engine)
{
    *engine = engine_of(handle);
    if (!*engine)
        return ERROR_INVALID_HANDLE;
    const struct wfp_tables *tables = wfp_read(&model);
    bool runs = tables->phase == WFP_RUNNING;
    bool exists = wfp_session_is_known(tables, (*engine)->session);
    wfp_read_end(&model);
    if (!runs)
        return RPC_S_SERVER_UNAVAILABLE;
    return exists ? 0 : FWP_ERROR(FWP_E_SESSION_ABORTED);
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

/* BFE may have ended while the lock was not free. */
static uint32_t begin(struct engine *engine, struct wfp_transaction *transaction)
{
    bool exists = false;
    if (!wfp_begin(&model, engine->wait_milliseconds, transaction))
        return FWP_ERROR(FWP_E_TIMEOUT);
    if (wfp_step(&model, transaction)) {
        exists = wfp_session_is_known(transaction->tables, engine->session);
        wfp_step_end(&model);
    }
    if (!exists)
        wfp_abort(&model, transaction);
    return exists ? 0 : FWP_ERROR(FWP_E_SESSION_ABORTED);
}

/* A step in the engine's open transaction, to be ended by wfp_step_end(). */
static uint32_t step_in_transaction(struct engine *engine)
{
    if (wfp_step(&model, &engine->transaction))
        return 0;
    engine->in_transaction = false;
    return FWP_ERROR(FWP_E_TXN_ABORTED);
}

uint32_t change_begin(HANDLE handle, struct change *change)
{
    *change = (struct change){0};
    uint32_t error = engine_find(handle, &change->engine);
    if (error)
        return error;
    struct engine *engine = change->engine;
    if (engine->in_transaction) {
        change->tables = engine->transaction.tables;
        return engine->read_only ? FWP_ERROR(FWP_E_INCOMPATIBLE_TXN) : step_in_transaction(engine);
    }
    change->is_own = true;
    error = begin(engine, &change->own);
    if (error)
        return error;
    change->tables = change->own.tables;
    return wfp_step(&model, &change->own) ? 0 : FWP_ERROR(FWP_E_SESSION_ABORTED);
}

uint32_t change_end(struct change *change, uint32_t error)
{
    wfp_step_end(&model);
    if (!change->is_own)
        return error;
    if (!error)
        return wfp_commit(&model, &change->own) ? 0 : FWP_ERROR(FWP_E_SESSION_ABORTED);
    wfp_abort(&model, &change->own);
    return error;
}

uint32_t view_begin(HANDLE handle, struct change *view)
{
    *view = (struct change){0};
    uint32_t error = engine_find(handle, &view->engine);
    if (error)
        return error;
    if (view->engine->in_transaction) {
        view->tables = view->engine->transaction.tables;
        return step_in_transaction(view->engine);
    }
    view->is_own = true;
    view->tables = (struct wfp_tables *)(ULONG_PTR)wfp_read(&model);
    return 0;
}

void view_end(struct change *view)
{
    if (view->is_own)
        wfp_read_end(&model);
    else
        wfp_step_end(&model);
}

DWORD WINAPI FwpmTransactionBegin0(HANDLE handle, UINT32 flags)
{
    struct watch watch;
    struct engine *engine;
    uint32_t error = watch_begin(&watch, CALL_FwpmTransactionBegin0);
    uint32_t lost = engine_find(handle, &engine);
    record_number(&watch.record, "session", engine ? engine->session : 0);
    record_hex(&watch.record, "flags", flags);
    if (error || lost)
        return watch_end(&watch, error ? error : lost);
    if (engine->in_transaction)
        return watch_end(&watch, FWP_ERROR(FWP_E_TXN_IN_PROGRESS));
    if (flags & ~(UINT32)FWPM_TXN_READ_ONLY)
        return watch_end(&watch, FWP_ERROR(FWP_E_INVALID_FLAGS));
    error = begin(engine, &engine->transaction);
    engine->in_transaction = !error;
    engine->read_only = flags & FWPM_TXN_READ_ONLY;
    return watch_end(&watch, error);
}

static bool commit(struct engine *engine)
{
    return wfp_commit(&model, &engine->transaction);
}

static bool roll_back(struct engine *engine)
{
    if (!wfp_step(&model, &engine->transaction))
        return false;
    wfp_step_end(&model);
    wfp_abort(&model, &engine->transaction);
    return true;
}

static uint32_t end_transaction(enum call call, HANDLE handle, bool end(struct engine *))
{
    struct watch watch;
    struct engine *engine;
    uint32_t error = watch_begin(&watch, call);
    uint32_t lost = engine_find(handle, &engine);
    record_number(&watch.record, "session", engine ? engine->session : 0);
    if (error || lost)
        return watch_end(&watch, error ? error : lost);
    if (!engine->in_transaction)
        return watch_end(&watch, FWP_ERROR(FWP_E_NO_TXN_IN_PROGRESS));
    engine->in_transaction = false;
    return watch_end(&watch, end(engine) ? 0 : FWP_ERROR(FWP_E_TXN_ABORTED));
}

DWORD WINAPI FwpmTransactionCommit0(HANDLE handle)
{
    return end_transaction(CALL_FwpmTransactionCommit0, handle, commit);
}

DWORD WINAPI FwpmTransactionAbort0(HANDLE handle)
{
    return end_transaction(CALL_FwpmTransactionAbort0, handle, roll_back);
}

/* ---- sessions ---- */

/* Of the process and a number in it. Random ones would make the service load three modules
 * more. */
static GUID make_session_key(const struct wfp_session *row)
{
    static LONG count;
    GUID key = {.Data1 = (uint32_t)InterlockedIncrement(&count), .Data3 = 0x4000};
    memcpy(key.Data4, &row->owner, sizeof(key.Data4));
    return key;
}

static uint32_t open_session(const FWPM_SESSION0 *wanted, struct engine *engine)
{
    struct wfp_session row = {
        .owner = machine_process_mark(),
        .dynamic = engine->dynamic,
        .wait_milliseconds = engine->wait_milliseconds,
        .key = wanted ? wanted->sessionKey : (GUID){0},
    };
    if (wfp_guid_is_zero(&row.key))
        row.key = make_session_key(&row);
    take_text(wanted ? wanted->displayData.name : NULL, row.name);
    take_text(wanted ? wanted->displayData.description : NULL, row.description);
    uint32_t error = wfp_open_session(&model, &row);
    engine->session = row.id;
    return error;
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
    error = open_session(session, engine);
    record_number(&watch.record, "session", engine->session);
    if (error) {
        free(engine);
        return watch_end(&watch, error);
    }
    link_engine(engine);
    *handle = engine;
    return watch_end(&watch, 0);
}

static void remove_session(struct engine *engine)
{
    struct wfp_transaction transaction;
    if (engine->in_transaction)
        wfp_abort(&model, &engine->transaction);
    if (!engine->dynamic) {
        wfp_close_session(&model, engine->session);
        return;
    }
    wfp_begin(&model, INFINITE, &transaction);
    if (!wfp_step(&model, &transaction))
        return;
    wfp_remove_session(transaction.tables, engine->session);
    wfp_step_end(&model);
    wfp_commit(&model, &transaction);
}

/* Aborts an open transaction and removes the session's dynamic objects. A handle whose session BFE
 * has forgotten is closed like any other; if BFE does not run, the call fails, and the handle is as
 * worthless afterwards. */
DWORD WINAPI FwpmEngineClose0(HANDLE handle)
{
    struct watch watch;
    struct engine *engine = engine_of(handle);
    uint32_t error = watch_begin(&watch, CALL_FwpmEngineClose0);
    record_number(&watch.record, "session", engine ? engine->session : 0);
    if (error)
        return watch_end(&watch, error);
    error = engine_find(handle, &engine); /* it may have ended while the call was held up */
    if (!engine)
        return watch_end(&watch, error);
    if (!error)
        remove_session(engine);
    unlink_engine(engine);
    free(engine);
    return watch_end(&watch, error == RPC_S_SERVER_UNAVAILABLE ? error : 0);
}

/* ---- lifetimes ---- */

uint64_t session_of_new(const struct engine *engine)
{
    return engine->dynamic ? engine->session : 0;
}

uint32_t may_delete(const struct engine *engine, uint64_t session)
{
    if (session == session_of_new(engine))
        return 0;
    return session ? FWP_ERROR(FWP_E_WRONG_SESSION) : FWP_ERROR(FWP_E_DYNAMIC_SESSION_IN_PROGRESS);
}

uint32_t check_lifetime(struct lifetime object, struct lifetime referred)
{
    bool is_fine = object.is_persistent ? referred.is_persistent &&
                                              wfp_guid_equal(object.provider, referred.provider)
                                        : !referred.session || referred.session == object.session;
    return is_fine ? 0 : FWP_ERROR(FWP_E_LIFETIME_MISMATCH);
}

uint32_t check_provider(const struct wfp_tables *tables, struct lifetime object)
{
    if (wfp_guid_is_zero(object.provider))
        return 0;
    const struct wfp_provider *row = wfp_provider(tables, object.provider);
    if (!row)
        return FWP_ERROR(FWP_E_PROVIDER_NOT_FOUND);
    return check_lifetime(object,
                          (struct lifetime){row->session, row->flags & WFP_PERSISTENT, &row->key});
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
