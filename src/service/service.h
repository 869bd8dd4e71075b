/* SPDX-License-Identifier: MIT */
/* service.h: what all threads of the service share. */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include "channel/channel.h"
#include "service/clients.h"
#include "service/state/recovery.h"
#include "service/settings.h"
#include "service/state/upkeep.h"

#include <stdatomic.h>
#include <windows.h>

struct service {
    struct settings settings; /* read-only once the service runs */
    struct clients clients;
    struct recovery recovery;
    struct network *network; /* these two are recovery's */
    struct ledger *ledger;
    struct upkeep upkeep;
    HANDLE stop;          /* manual-reset; set once */
    HANDLE checked;       /* likewise: nobody looks at the installation any more */
    atomic_bool stopping; /* the same, for loops that must not pay for a system call */
};

/* Reads the settings, makes what sessions need, and puts back what an earlier process has left:
 * that may take its time. Returns 0 or a Win32 error, logged. */
uint32_t service_open(struct service *service, const char16_t *instance);

/* Logs, in time, who may change what the service runs. In a thread of its own and once the service
 * runs: whoever may read a file can make others wait who open it (an oplock). */
void service_check_installation(struct service *service);

/* Tells every thread to end; callable from any thread. */
void service_stop(struct service *service);

/* Waits for all sessions to have undone what they did; calls `progress` about twice a second. Then
 * tries once more what could not be undone. */
void service_drain(struct service *service, void (*progress)(void));

void service_close(struct service *service);

#endif
