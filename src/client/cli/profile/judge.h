/* SPDX-License-Identifier: MIT */
/* judge.h: the judgement of a profile that a user has named: whether it may run for a user without
 * special rights, and what is to be said of its lines. */
#ifndef CLIENT_CLI_PROFILE_JUDGE_H
#define CLIENT_CLI_PROFILE_JUDGE_H

#include "client/cli/config_file.h"
#include "policy/profile/profile.h"

struct judgement {
    char16_t path[PATH_UNITS]; /* of the file, absolute */
    char *bytes;               /* of the file: may hold a key */
    size_t size;
    struct profile_finding *findings;
    size_t count, capacity;
    bool is_short_of_memory;
    bool may_run;
};

/* Finds the file as config_file_find() does, reads and judges it. Returns EXIT_DONE, whatever the
 * judgement is, or the exit code of what was reported. Call judgement_free() in both cases. */
enum exit_code judgement_make(const struct report *report, const char16_t *instance,
                              const char16_t *named, struct judgement *judgement);
void judgement_free(struct judgement *judgement);

/* The word for what the service would say of a file if a user without special rights had it run:
 * "passed", "refused", or "unreadable" by this user. */
const char *judgement_word(const char16_t *path);

/* Prints the lines of which there is something to say, and whether it may run: as text, or with
 * --json as one object. `imported` is the file that it was written to; NULL: none. */
void judgement_print(const struct report *report, const struct judgement *judgement,
                     const char16_t *imported);

#endif
