/* SPDX-License-Identifier: MIT */
/* client_image.h: which program is at the other end of a pipe, and whether it is one that is
 * installed: the settings control_clients, client_folders and client_signers.
 *
 * A further filter: rights come from the caller's token alone. It keeps out programs that no
 * administrator has installed, and not their user, who may start an installed one and take it over.
 *
 * A failure of either function has ERROR_ACCESS_DENIED and a sentence for the client, and was
 * logged with its cause. */
#ifndef SERVICE_CLIENT_IMAGE_H
#define SERVICE_CLIENT_IMAGE_H

#include "service/caller.h"
#include "service/settings.h"

struct client_question {
    const struct settings *settings;
    const struct caller *caller; /* who has sent the last message on the pipe */
    HANDLE pipe;
    uint64_t connected; /* when the client was there: a FILETIME in one number */
};

/* The process that has opened the pipe was there when it did (its id may be another one's by now),
 * and is of the caller's log-on and session of Windows. To be asked for each request, because the
 * caller may be another one each time. */
struct failure client_process_check(const struct client_question *question);

/* The program of that process lies, by its final path, below the folder of the service or of the
 * installation, where users cannot change it (unless the setting allow_writable_install is on), or
 * below one of client_folders; and one of client_signers has signed it, if there are any. To be
 * asked once for a connection, after the process: a process keeps its program. */
struct failure client_image_check(const struct client_question *question);

#endif
