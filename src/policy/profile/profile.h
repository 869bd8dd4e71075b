/* SPDX-License-Identifier: MIT */
/* profile.h: whether an OpenVPN profile (a configuration file) of a user without special rights may
 * run, and the text that openvpn.exe gets instead: only what was read and found allowed, written
 * anew. */
#ifndef POLICY_PROFILE_H
#define POLICY_PROFILE_H

#include "policy/profile/directives.h"
#include "policy/profile/writer.h"

enum profile_verdict {
    PROFILE_LEFT_OUT, /* openvpn.exe does not get the line; the profile may run */
    PROFILE_REFUSED,  /* the directive is not allowed */
    PROFILE_UNKNOWN,  /* the directive is not known */
    PROFILE_WRONG,    /* its arguments are not those that it may have */
    PROFILE_BROKEN,   /* the line can't be read */
};

/* What is to be said of a line. No argument is in it: it could be a password or a key. */
struct profile_finding {
    enum profile_verdict verdict;
    size_t line;                     /* from 1 */
    size_t argument;                 /* the one that it is about, from 1; 0: none */
    char name[DIRECTIVE_NAME_BYTES]; /* of the directive, ASCII; empty if the line has none. That of
                                      * an unknown one is the caller's text: a password on a line
                                      * of its own would be one */
    const char *reason;
    const char *advice;
};

typedef void profile_report(void *context, const struct profile_finding *finding);

/* Checks the `size` bytes of a profile and reports each line of which there is something to say, in
 * their order. Returns
 *
 * - 0: it may run; `*text` is what to run, which the caller frees with profile_text_free();
 *
 * - ERROR_INVALID_DATA: it may not; at least one finding is more than left out;
 *
 * - ERROR_FILE_TOO_LARGE: it has more than PROFILE_BYTES_MAX bytes;
 *
 * - ERROR_NOT_ENOUGH_MEMORY. */
uint32_t profile_check(const char *bytes, size_t size, profile_report *report, void *context,
                       struct profile_text *text);

#endif
