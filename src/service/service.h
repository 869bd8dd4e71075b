/* SPDX-License-Identifier: MIT */
/* service.h: what all threads of the service share. */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include "channel/owners.h"
#include "service/clients.h"
#include "service/profile_store.h"
#include "service/session_list.h"
#include "service/settings.h"
#include "service/state/guard.h"
#include "service/state/recovery.h"
#include "service/state/upkeep.h"
#include "service/update/updates.h"

#include <stdatomic.h>
#include <windows.h>

struct service {
    struct settings settings;       /* read-only once the service runs */
    struct clients clients;         /* of the client pipe */
    struct clients control_clients; /* of the control pipe: counted apart, with the same limits */
    struct session_list sessions;
    struct profile_store profiles;
    ULONGLONG start; /* GetTickCount64() */
    struct recovery recovery;
    struct network *network; /* this and the ledger belong to recovery */
    struct ledger *ledger;
    struct adapter_owners owners;
    struct guard guard;
    struct upkeep upkeep;
    struct updates updates;
    HANDLE stop;          /* manual-reset; set once */
    HANDLE checked;       /* likewise, when service_check_installation() has finished */
    atomic_bool stopping; /* as `stop`, for loops that must not pay for a system call */
};

/* Reads the settings, creates what sessions need, and undoes what an earlier process has left,
 * which may take long. Returns 0 or a Win32 error, logged. */
uint32_t service_open(struct service *service, const char16_t *instance);

/* Logs which of openvpn.exe and the config folder is missing, and accounts other than
 * administrators that can change what the service runs. Does so in another
 * thread, and is to be called when the service is running: whoever may read a file can have Windows
 * wait for them before anybody else opens it (an oplock). */
void service_check_installation(struct service *service);

/* Tells every thread to end. May be called from any thread. */
void service_stop(struct service *service);

/* Waits until all sessions have undone their changes, then retries what could not be undone. */
void service_drain(struct service *service);

void service_close(struct service *service);

#endif
