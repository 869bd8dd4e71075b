/* SPDX-License-Identifier: MIT */
/* kill_switch.h: `connect --kill-switch`. It blocks before openvpn is started, tells openvpn the
 * addresses of its servers, whose names nobody can resolve any more, and goes on blocking whatever
 * happens to the connection, unless the user has it released at the end. */
#ifndef CLIENT_CONNECT_KILL_SWITCH_H
#define CLIENT_CONNECT_KILL_SWITCH_H

#include "client/cli/connect/management.h"
#include "client/cli/firewall/targets.h"
#include "client/cli/report.h"

enum { WAY_OUT_UNITS = 512 };

struct connection;

/* Zero-initialise it. Without --kill-switch it stays so, and the functions below do nothing. */
struct kill_switch {
    struct targets targets;
    char16_t way_out[WAY_OUT_UNITS];
    bool is_started; /* by this program; false again when the user knows what has become of it */
    bool is_lost;    /* the tunnel was there and is not now */
};

/* Resolves the servers of the configuration file, and starts the kill switch with them; one that is
 * the caller's already is replaced. Returns EXIT_DONE, or the exit code of what was reported: then
 * nothing was changed. */
enum exit_code kill_switch_start(struct connection *connection, const char16_t *config);

/* Called when openvpn asks where to connect. */
void kill_switch_answer(struct connection *connection, const struct management_event *event);

/* Called with each state of openvpn's: says that the tunnel is lost, and what holds then. */
void kill_switch_watch(struct connection *connection, const char *state);

/* Called at the end, with the exit code: releases it with --release, and says what has become of
 * it. Returns the exit code: that of a release that has failed if it was EXIT_DONE. */
enum exit_code kill_switch_end(struct connection *connection, enum exit_code exit);

#endif
