/* SPDX-License-Identifier: MIT */
/* targets.h: the addresses of the servers that a configuration file names, found before the kill
 * switch blocks. Reports what is wrong. */
#ifndef CLIENT_FIREWALL_TARGETS_H
#define CLIENT_FIREWALL_TARGETS_H

#include "client/cli/firewall/servers.h"
#include "client/cli/report.h"

struct targets_wanted {
    const char16_t *instance; /* of the service */
    const char16_t *config;   /* absolute */
    char16_t *const *more;    /* openvpn's options behind it; may be NULL */
    size_t more_count;
};

struct targets {
    struct servers servers;
    bool was_up;            /* a kill switch, which is the caller's */
    struct gateways before; /* which it had then; none: it was a lockdown */
};

/* Returns EXIT_DONE, or the exit code of what was reported. A kill switch of another user is
 * refused. It needs the service: with one that is up, names that can't be resolved keep the
 * addresses in force, which is told. */
enum exit_code targets_find(const struct report *report, const struct targets_wanted *wanted,
                            struct targets *targets);

/* The gateways as words of `firewall start`. */
struct target_words {
    size_t count;
    char16_t words[GATEWAYS_MAX][GATEWAY_UNITS];
};

void targets_to_words(const struct targets *targets, struct target_words *words);

#endif
