/* SPDX-License-Identifier: MIT */
/* ask.h: asks the service for the kill switch. */
#ifndef CLIENT_FIREWALL_ASK_H
#define CLIENT_FIREWALL_ASK_H

#include "client/gatehouse.h"
#include "firewall/gateway.h"

#include <uchar.h>

enum { FIREWALL_WORDS_MAX = 95 /* behind `firewall` */ };

/* Asks with the verb `firewall` and these words, FIREWALL_WORDS_MAX at most. Returns 0 with *reply,
 * which the caller frees, or an error code. */
uint32_t firewall_ask(const char16_t *instance, const char16_t *const words[], size_t count,
                      struct gatehouse_reply **reply, struct gatehouse_error *error);

/* Usable with CLEANUP(). */
void firewall_free(struct gatehouse_reply **reply);

/* What it lets openvpn.exe reach. */
void firewall_gateways(const struct gatehouse_firewall *firewall, struct gateways *gateways);

#endif
