/* SPDX-License-Identifier: MIT */
/* engine.h: the engine handles of this process, and transactions over the model. */
#ifndef FAKES_FWPUCLNT_ENGINE_H
#define FAKES_FWPUCLNT_ENGINE_H

#include "model.h"
#include "watch.h"

#include <winsock2.h>
#include <windows.h>
#include <fwpmu.h>

/* The Windows SDK's fwpmu.h; absent from MinGW's. */
#ifndef FWPM_SESSION_FLAG_DYNAMIC
#define FWPM_SESSION_FLAG_DYNAMIC 0x00000001
#endif
#define FWPM_TXN_READ_ONLY 0x00000001

/* Errors of the platform are HRESULTs returned as DWORDs. */
#define FWP_ERROR(name) ((uint32_t)(name))

extern struct wfp model;

struct engine {
    struct engine *next;
    uint64_t session;
    bool dynamic;
    uint32_t wait_milliseconds;
    bool in_transaction, read_only;
    struct wfp_transaction transaction;
};

/* Finds the engine of a handle. ERROR_INVALID_HANDLE: there is none. RPC_S_SERVER_UNAVAILABLE: BFE
 * does not run; FWP_E_SESSION_ABORTED: it has ended since: the handle is good for nothing but
 * FwpmEngineClose0(). Microsoft documents that these calls fail, not with which code. */
uint32_t engine_find(HANDLE handle, struct engine **engine);

/* A change by an engine: in its open transaction, or in a transaction of its own. */
struct change {
    struct engine *engine;
    struct wfp_tables *tables;
    bool is_own;
    struct wfp_transaction own;
};

/* engine_find()'s errors, FWP_E_TIMEOUT, FWP_E_INCOMPATIBLE_TXN, FWP_E_TXN_ABORTED. After an error
 * there is nothing to end. */
uint32_t change_begin(HANDLE handle, struct change *change);
/* On an error in a transaction of its own the change is rolled back; in an open transaction nothing
 * may have been changed then. Returns `error`, or that of the commit. */
uint32_t change_end(struct change *change, uint32_t error);

/* The tables that the engine sees: those of its transaction, or the current ones. */
uint32_t view_begin(HANDLE handle, struct change *view);
void view_end(struct change *view);

/* The session that a new object belongs to: 0 when it outlives the engine. */
uint64_t session_of_new(const struct engine *engine);
/* FWP_E_WRONG_SESSION: the object is of another dynamic session; FWP_E_DYNAMIC_SESSION_IN_PROGRESS:
 * it is of none, and the engine is of one. */
uint32_t may_delete(const struct engine *engine, uint64_t session);

/* How long an object lives, and whose it is: what may refer to what. */
struct lifetime {
    uint64_t session; /* 0: not dynamic */
    bool is_persistent;
    const GUID *provider; /* zero: none */
};
/* FWP_E_LIFETIME_MISMATCH when the object would outlive what it refers to, or both are persistent
 * and of different providers. */
uint32_t check_lifetime(struct lifetime object, struct lifetime referred);
/* The same for the provider of an object; FWP_E_PROVIDER_NOT_FOUND. */
uint32_t check_provider(const struct wfp_tables *tables, struct lifetime object);

/* NULL becomes empty, and long texts are cut. */
void take_text(const wchar_t *from, wchar_t to[WFP_NAME_UNITS]);

void record_guid(struct record *record, const char *name, const GUID *guid);

#endif
