/* SPDX-License-Identifier: MIT */
/* profile_store.h: the copies of users' profiles that openvpn.exe reads while a session lives.
 *
 *     %ProgramData%\Gatehouse\<service name>.profiles\<random>.ovpn
 *
 * Only SYSTEM and administrators may open the folder; a file in it may also be read by its user,
 * whose openvpn.exe has its path and needs no right to the folder. Nobody else can change a copy:
 * the service holds it open for reading, because openvpn.exe reads it again when it restarts. It is
 * removed when the session has ended, and what a crash has left when the service starts. */
#ifndef SERVICE_PROFILE_STORE_H
#define SERVICE_PROFILE_STORE_H

#include "policy/policy.h"
#include "policy/profile/writer.h"

#include <windows.h>

struct profile_store {
    HANDLE parent, folder; /* held, so that nobody moves them; NULL: there is no store */
    char16_t path[POLICY_PATH_UNITS];
};

/* Removes what another process of the service has left, and with `is_used` opens the store. What
 * is wrong is logged; there is no store then. */
void profile_store_open(struct profile_store *store, const char16_t *instance, bool is_used);
void profile_store_close(struct profile_store *store);

struct profile_copy {
    HANDLE held;
    char16_t path[POLICY_PATH_UNITS];
    char16_t source[POLICY_PATH_UNITS]; /* the user's file */
};

/* Those of one session. */
enum { PROFILE_COPIES_MAX = 4 };
struct profile_copies {
    const struct profile_store *store;
    struct profile_copy *items[PROFILE_COPIES_MAX];
    size_t count;
};

/* Writes a copy that the user may read. Returns 0 or a Win32 error; nothing is left then. */
uint32_t profile_copies_add(struct profile_copies *copies, PSID user, const char16_t *source,
                            const struct profile_text *text, const struct profile_copy **copy);

/* The user's file of which this is a copy; NULL: it is none. */
const char16_t *profile_copies_source(const struct profile_copies *copies, const char16_t *path);

/* Removes them. openvpn.exe must have ended. */
void profile_copies_remove(struct profile_copies *copies);

#endif
