/* SPDX-License-Identifier: MIT */
/* problem.h: what can go wrong with a download, and what the user is told. */
#ifndef CLIENT_UPDATE_PROBLEM_H
#define CLIENT_UPDATE_PROBLEM_H

#include "client/cli/report.h"

enum problem {
    PROBLEM_NONE,
    PROBLEM_ENDED,       /* the user wants no more */
    PROBLEM_WINDOWS,     /* an error of this computer */
    PROBLEM_FILE,        /* a file in the download folder */
    PROBLEM_BUSY,        /* another program downloads into the folder */
    PROBLEM_NETWORK,     /* no connection, or it was lost */
    PROBLEM_NAME,        /* the server's name has no address */
    PROBLEM_CERTIFICATE, /* the server's certificate can't be trusted */
    PROBLEM_LIMIT,       /* the time is over */
    PROBLEM_SILENT,      /* no response */
    PROBLEM_SLOW,        /* too few bytes in a time */
    PROBLEM_STATUS,      /* another status of HTTP than that of a file */
    PROBLEM_NOT_FOUND,   /* 404 or 410 */
    PROBLEM_PROXY,       /* 407: the proxy wants a login */
    PROBLEM_REDIRECT,    /* the server sends elsewhere, where this program does not go */
    PROBLEM_RANGE,       /* another part than the one that was asked for */
    PROBLEM_TOO_LARGE,   /* more bytes than the file has, or may have */
    PROBLEM_SHORT,       /* fewer */
    PROBLEM_HASH,        /* another file than the manifest names */
    PROBLEM_METADATA,    /* no manifest, or one of another program */
};

/* Reports it. `about` is the name of the file. Returns the exit code. */
enum exit_code problem_report(const struct report *report, enum problem problem, uint32_t code,
                              const char16_t *about);

#endif
