/* SPDX-License-Identifier: MIT */
/* profile_intake.h: takes the profile of a caller: reads it once, with the caller's rights, judges
 * it, and has it written anew, so that openvpn.exe never reads the caller's own bytes. */
#ifndef SERVICE_STARTUP_PROFILE_INTAKE_H
#define SERVICE_STARTUP_PROFILE_INTAKE_H

#include "policy/policy.h"
#include "policy/profile/writer.h"
#include "service/caller.h"
#include "service/profile_store.h"

struct profile_intake {
    const struct caller *caller;
    const char16_t *admin_group;
    const char16_t *input; /* what the client has sent for the standard input of openvpn.exe */
    struct profile_copies *copies;
    struct profile_text written_input; /* instead of it, if it is a profile */
};

/* struct policy.take_profile; `context` is a struct profile_intake. */
uint32_t profile_intake_take(void *context, const char16_t *path, struct policy_refusal *refusal,
                             char16_t run[POLICY_PATH_UNITS]);

void profile_intake_free(struct profile_intake *intake); /* usable with CLEANUP() */

#endif
