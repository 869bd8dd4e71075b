/* SPDX-License-Identifier: MIT */
/* redact.h: leaves out of a text what nobody else is to read: passwords, tokens and keys, names of
 * accounts and of this computer, folders of users, and addresses of the Internet.
 *
 * What is found is found by its form, in any text: a log of openvpn.exe, an event, a path. Where in
 * doubt it is left out. docs/security.md, "What a report leaves out", lists the forms. */
#ifndef CLIENT_DOCTOR_REDACT_H
#define CLIENT_DOCTOR_REDACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REDACT_LINE = 4096, /* bytes of a line, its terminator included; what is longer is cut off */
    REDACT_NAMES = 64,
    REDACT_NAME = 256,
    REDACT_ADDRESSES = 256
};

/* Zero-initialise it. The same address has the same number in all lines. */
struct redactor {
    char names[REDACT_NAMES][REDACT_NAME];
    size_t name_count;
    uint8_t addresses[REDACT_ADDRESSES][16]; /* IPv4 as ::ffff:a.b.c.d */
    size_t address_count;
    bool in_key; /* the lines are those of a key, until its end */
};

/* A name (UTF-8) to leave out wherever it stands as a word of its own, whatever its letter case (of
 * A to Z). Of DOMAIN\name both parts are. Names that stand for no person are not taken: SYSTEM,
 * Everyone and the like, and those of one or two letters. */
void redact_learn(struct redactor *redactor, const char *name);

/* Writes the line (UTF-8, without its end) as it may be shown: control characters become '?'. */
void redact_line(struct redactor *redactor, const char *line, char redacted[REDACT_LINE]);

#endif
