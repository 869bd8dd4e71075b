/* SPDX-License-Identifier: MIT */
/* dns_client.h: Windows' DNS client, which reads its settings from the registry only when it is
 * notified: the seam between the portable core and the system, and the note of what the client has
 * not been notified of yet.
 *
 * The note is kept here, below those who write settings (src/resource) and below those who decide
 * when a request is complete (src/channel). Both reach it through the network that they were given,
 * so that no layer keeps state for one above it. Nothing here knows what was written, or where.
 *
 * win32/ implements the operations; fakes/memory over the machine in memory. */
#ifndef SYSTEM_DNS_CLIENT_H
#define SYSTEM_DNS_CLIENT_H

#include <stdatomic.h>
#include <stdbool.h>

struct network;

/* The table of operations. `self` is the table itself: an implementation embeds it. Thread-safe. */
struct dns_client {
    /* Has the DNS client read its settings again, and its group policy too where that was changed.
     * A failure is logged: the settings are in force at the latest at the next change of the
     * network. */
    void (*apply)(struct dns_client *self, bool group_policy);

    /* What has been written that apply() has not been called for yet: UNAPPLIED_.... Of
     * dns_client.c only. */
    atomic_uint unapplied;
};

enum { UNAPPLIED_SETTINGS = 1, UNAPPLIED_POLICY = 2 };

/* Notes that a setting has been written, in group policy's part of the registry or elsewhere, that
 * dns_client_apply() is still to be called for. */
void dns_client_note(struct network *network, bool is_policy);

/* Calls apply() if anything has been noted since, or always. Other processes are kept away
 * meanwhile (registry.h, enter()). */
void dns_client_apply(struct network *network, bool is_always);

/* The real one (win32/): one static object, shared by all threads. */
struct dns_client *dns_client_win32(void);

#endif
