/* SPDX-License-Identifier: MIT */
/* firewall_text.h: what the commands say of the kill switch. */
#ifndef CLIENT_CLI_FIREWALL_TEXT_H
#define CLIENT_CLI_FIREWALL_TEXT_H

#include "client/cli/json.h"
#include "client/gatehouse.h"

enum { FIREWALL_TEXT_SIZE = 4096 /* bytes: 64 gateways fit */ };

/* A sentence in UTF-8 about its state: who has started it, when, and what may be sent. Returns
 * `text`. */
char *firewall_describe(const struct gatehouse_firewall *firewall, char text[FIREWALL_TEXT_SIZE]);

/* Prints that, and if it is up how it can be stopped. */
void firewall_print(const struct gatehouse_firewall *firewall);

/* Appends the members of an object about it: "state" alone if it is down, with "error" if it is not
 * known. */
void firewall_to_json(struct json *json, const struct gatehouse_firewall *firewall);

#endif
