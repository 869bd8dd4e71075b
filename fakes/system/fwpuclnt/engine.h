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
#define FWPM_TXN_READ_ONLY          0x00000001
#define FWPM_OBJECT_FLAG_PERSISTENT 0x00000001 /* of filters, sublayers and providers alike */

/* Errors of the platform are HRESULTs returned as DWORDs. */
#define FWP_ERROR(name) ((uint32_t)(name))

extern struct wfp model;

struct engine {
    struct engine *next;
    uint64_t session;
    bool dynamic;
    uint32_t wait_milliseconds;
    bool in_transaction, read_only;
    struct wfp_tables *tables; /* of the transaction */
};

/* A change by an engine: in its open transaction, or in a transaction of its own. */
struct change {
    struct engine *engine;
    struct wfp_tables *tables;
    bool is_own;
};

/* ERROR_INVALID_HANDLE, FWP_E_TIMEOUT, FWP_E_INCOMPATIBLE_TXN. After an error there is nothing to
 * end. */
uint32_t change_begin(HANDLE handle, struct change *change);
/* On an error in a transaction of its own the change is rolled back; in an open transaction nothing
 * may have been changed then. Returns `error`. */
uint32_t change_end(struct change *change, uint32_t error);

/* The tables that the engine sees: those of its transaction, or the current ones. */
uint32_t view_begin(HANDLE handle, struct change *view);
void view_end(struct change *view);

/* The session that a new object belongs to: 0 when it outlives the engine. */
uint64_t session_of_new(const struct engine *engine);
/* FWP_E_WRONG_SESSION when the object is of another dynamic session. */
uint32_t may_delete(const struct engine *engine, uint64_t session);
/* FWP_E_LIFETIME_MISMATCH when the object would outlive what it refers to. */
uint32_t check_lifetime(const struct engine *engine, uint64_t session_of_referred);

/* NULL becomes empty, and long texts are cut. */
void take_text(const wchar_t *from, wchar_t to[WFP_NAME_UNITS]);

void record_guid(struct record *record, const char *name, const GUID *guid);

#endif
