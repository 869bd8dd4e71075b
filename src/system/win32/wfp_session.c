/* SPDX-License-Identifier: MIT */
#include "system/win32/wfp_session.h"

#include "base/array.h"
#include "base/log.h"
#include "base/text.h"

#include <stdio.h>

enum { TRIES = 3, MOST_HOLDERS = 64, HOLDERS_SIZE = 300 };

static const struct {
    uint32_t flags;        /* of a transaction */
    uint32_t milliseconds; /* that it waits for the lock */
    unsigned waits;        /* how often */
} modes[] = {
    [WFP_READS] = {FWPM_TXN_READ_ONLY, 1000, 1},
    [WFP_WRITES] = {0, 5000, TRIES},
    [WFP_WRITES_ONCE] = {0, 5000, 1},
};

uint32_t wfp_open(const wchar_t *name, uint32_t flags, uint32_t milliseconds, HANDLE *engine)
{
    const FWPM_SESSION0 session = {
        .displayData.name = (wchar_t *)name,
        .flags = flags,
        .txnWaitTimeoutInMSec = milliseconds,
    };
    uint32_t error = FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &session, engine);
    return error ? log_error(error, "FwpmEngineOpen0") : 0;
}

/* ---- who holds the lock ---- */

static void append_holder(char line[HOLDERS_SIZE], const FWPM_SESSION0 *session)
{
    const size_t length = strlen(line);
    if (session->processId != GetCurrentProcessId())
        snprintf(line + length, HOLDERS_SIZE - length, "%s%s (process %lu)", length ? ", " : "",
                 session->displayData.name ? UTF8(session->displayData.name) : "?",
                 session->processId);
}

/* Windows does not tell which of the sessions it is. */
static void log_holders(HANDLE engine)
{
    HANDLE list = NULL;
    FWPM_SESSION0 **sessions = NULL;
    UINT32 count = 0;
    char line[HOLDERS_SIZE] = "";
    if (!FwpmSessionCreateEnumHandle0(engine, NULL, &list) &&
        !FwpmSessionEnum0(engine, list, MOST_HOLDERS, &sessions, &count))
        for (UINT32 i = 0; i < count; i++)
            append_holder(line, sessions[i]);
    if (sessions)
        FwpmFreeMemory0((void **)&sessions);
    if (list)
        FwpmSessionDestroyEnumHandle0(engine, list);
    log_error_of(LOG_KILL_SWITCH_FAILED, (uint32_t)FWP_E_TIMEOUT,
                 "Another program holds the filtering platform. It is used by: %s",
                 *line ? line : "nobody who can be seen");
}

/* ---- transactions ---- */

/* The filtering platform was restarted, or has ended what took too long: what was done is lost, and
 * the session is of no use any more. */
static bool is_lost(uint32_t error)
{
    static const uint32_t errors[] = {
        (uint32_t)FWP_E_TXN_ABORTED, (uint32_t)FWP_E_SESSION_ABORTED,
        RPC_S_SERVER_UNAVAILABLE,    RPC_S_CALL_FAILED,
        RPC_S_CALL_FAILED_DNE,       RPC_S_INVALID_BINDING,
        EPT_S_NOT_REGISTERED,        ERROR_INVALID_HANDLE /* RPC_X_SS_CONTEXT_MISMATCH */,
    };
    for (size_t i = 0; i < ARRAY_COUNT(errors); i++)
        if (error == errors[i])
            return true;
    return false;
}

/* An operation that fails does not end the transaction. */
static uint32_t give_up(HANDLE engine, uint32_t error)
{
    FwpmTransactionAbort0(engine);
    return error;
}

static uint32_t transact_once(const wchar_t *name, enum wfp_mode mode, wfp_work *work,
                              void *context, bool *is_decided)
{
    CLEANUP_ENGINE HANDLE engine = NULL;
    uint32_t error = wfp_open(name, 0, modes[mode].milliseconds, &engine);
    if (error)
        return error;
    error = FwpmTransactionBegin0(engine, modes[mode].flags);
    if (error == (uint32_t)FWP_E_TIMEOUT)
        log_holders(engine);
    if (error)
        return log_error(error, "FwpmTransactionBegin0");
    error = work(engine, context);
    if (error || mode == WFP_READS)
        return give_up(engine, error);
    *is_decided = false;
    error = FwpmTransactionCommit0(engine);
    *is_decided = !is_lost(error);
    return error ? log_error(error, "FwpmTransactionCommit0") : 0;
}

uint32_t wfp_transact(const wchar_t *name, enum wfp_mode mode, wfp_work *work, void *context,
                      bool *is_decided)
{
    uint32_t error = 0;
    *is_decided = true;
    for (unsigned i = 0; i < TRIES; i++) {
        error = transact_once(name, mode, work, context, is_decided);
        if (!is_lost(error) && (error != (uint32_t)FWP_E_TIMEOUT || i + 1 >= modes[mode].waits))
            break;
    }
    return error;
}
