/* SPDX-License-Identifier: MIT */
/* launch.h: starts openvpn.exe as the user. Facts: docs/protocol.md, "Starting openvpn.exe". */
#ifndef SERVICE_STARTUP_LAUNCH_H
#define SERVICE_STARTUP_LAUNCH_H

#include "policy/tokens.h"
#include "service/settings.h"
#include "service/caller.h"
#include "wire/message.h"

struct launch {
    const struct settings *settings;
    const struct caller *caller;
    const char16_t *directory;   /* as the client has sent it */
    const struct tokens *tokens; /* checked */
    uint32_t input_size;         /* bytes that its standard input must have room for */
};

struct child {
    HANDLE process;
    HANDLE job;     /* closing its last handle ends the process: it never outlives the service */
    HANDLE input;   /* of its standard input; kept open, so that there is no end of file, but for a
                     * config */
    HANDLE channel; /* the service's end of the session pipe */
    uint32_t id;
    struct message_layout layout;
};

/* Zero-initialise the child. On a failure it stays so. */
struct failure child_launch(const struct launch *launch, struct child *child);
void child_close(struct child *child); /* usable with CLEANUP() */

#endif
