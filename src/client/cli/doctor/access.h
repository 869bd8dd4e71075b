/* SPDX-License-Identifier: MIT */
/* access.h: who can change what the service runs. */
#ifndef CLIENT_DOCTOR_ACCESS_H
#define CLIENT_DOCTOR_ACCESS_H

#include "client/cli/doctor/doctor.h"

#include <windows.h>

/* What is looked at, and how bad it is when every local user can change it. */
struct access_question {
    const char *name; /* of the finding */
    const char16_t *path;
    bool is_file;
    enum verdict when_everybody;
    const char *allowed_by; /* why it is no worse than that; NULL: nothing allows it */
};

/* Adds a finding about the file or folder, and the folders above it: a warning when an account
 * other than administrators and `trusted` (may be NULL) can change it. */
void access_check(struct findings *findings, const struct access_question *question, PSID trusted);

/* The owner of the service's program, which points into `*descriptor`: free that with LocalFree().
 * NULL: it can't be read. The service trusts that account, because it decides what runs as SYSTEM
 * anyway (docs/security.md, "The installation folder"). */
PSID access_installer(const struct doctor *doctor, PSECURITY_DESCRIPTOR *descriptor);

#endif
