/* SPDX-License-Identifier: MIT */
/* directives.h: what an OpenVPN profile may say: a row a directive of openvpn 2.4 to 2.7. What has
 * no row is unknown, and refused. docs/profiles.md is the same table for readers. */
#ifndef POLICY_PROFILE_DIRECTIVES_H
#define POLICY_PROFILE_DIRECTIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum argument_kind {
    ARGUMENT_NUMBER,     /* decimal, from `least` to `most` */
    ARGUMENT_WORD,       /* one of `words` */
    ARGUMENT_FILE,       /* a local file, which openvpn reads as the user */
    ARGUMENT_LOGIN_FILE, /* likewise, or one of `words` */
    ARGUMENT_ADDRESS,    /* a name or an address, with a prefix or a port perhaps */
    ARGUMENT_NAME,       /* of an algorithm, an adapter of openvpn, ...: no blanks */
    ARGUMENT_TEXT,       /* anything that is one line */
    ARGUMENT_VARIABLE,   /* a name of `words`, or with the beginning of one that ends with * */
};

struct argument {
    enum argument_kind kind;
    uint32_t least, most;
    const char *words; /* with blanks between them */
};

enum directive_rule {
    DIRECTIVE_ALLOWED,
    DIRECTIVE_LEFT_OUT, /* accepted, but openvpn.exe does not get it */
    DIRECTIVE_REFUSED,
};

enum directive_flags {
    DIRECTIVE_IN_CONNECTION = 1, /* also in <connection> */
    DIRECTIVE_INLINE = 2,        /* also as a block, instead of its first argument */
    DIRECTIVE_REPEATS = 4,       /* its last argument may come again */
    DIRECTIVE_PREFIX = 8,        /* the row is for all names that begin so and have no other row */
};

enum { DIRECTIVE_ARGUMENTS = 4, DIRECTIVE_NAME_BYTES = 64 };

struct directive {
    const char *name;
    enum directive_rule rule;
    const char *reason; /* why it is refused or left out */
    unsigned flags;
    uint8_t least;                                         /* arguments that it needs */
    const struct argument *arguments[DIRECTIVE_ARGUMENTS]; /* NULL behind the last */
};

extern const struct directive directives[];
extern const size_t directives_count;

/* The row of a name without dashes; NULL: the name is unknown. */
const struct directive *directive_find(const char *name);

#endif
