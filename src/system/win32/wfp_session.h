/* SPDX-License-Identifier: MIT */
/* wfp_session.h: sessions and transactions of the Windows Filtering Platform. Within
 * src/system/win32 only. */
#ifndef SYSTEM_WIN32_WFP_SESSION_H
#define SYSTEM_WIN32_WFP_SESSION_H

#include "system/win32/wfp_filter.h"

#include <stdbool.h>

/* `flags`: FWPM_SESSION_FLAG_... Its transactions wait for the lock of another program's for so
 * many milliseconds; 0: for fifteen seconds. Returns 0 or an error, logged. */
uint32_t wfp_open(const wchar_t *name, uint32_t flags, uint32_t milliseconds, HANDLE *engine);

static inline void wfp_close(HANDLE *engine)
{
    if (*engine)
        FwpmEngineClose0(*engine);
}
#define CLEANUP_ENGINE CLEANUP(wfp_close)

/* What is done in a transaction. On an error nothing of it is kept; it may be called again. */
typedef uint32_t wfp_work(HANDLE engine, void *context);

enum wfp_mode {
    WFP_READS,      /* waits for the lock for one second, once: many may ask */
    WFP_WRITES,     /* five seconds, three times: a user wants it */
    WFP_WRITES_ONCE /* five seconds: it is tried again later */
};

/* Does the work in one transaction of a session of its own. Begins anew, with another session, when
 * the platform has ended the transaction or the session, three times at most; and as the mode says
 * when another program holds the lock. Returns 0 or an error, logged; `*is_decided` false: the
 * platform was lost while it ended the transaction, so it may have kept the work. */
uint32_t wfp_transact(const wchar_t *name, enum wfp_mode mode, wfp_work *work, void *context,
                      bool *is_decided);

#endif
