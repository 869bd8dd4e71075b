/* SPDX-License-Identifier: MIT */
/* hand_over.h: gives an update to the service, and asks what became of it. */
#ifndef CLIENT_UPDATE_HAND_OVER_H
#define CLIENT_UPDATE_HAND_OVER_H

#include "client/cli/sessions.h"

/* The roots of one offer. A computer that has missed more needs a package that was got by hand. */
enum { HAND_OVER_ROOTS = 16 };

/* What the service says of updates; the texts lie in the reply. */
struct known_update {
    struct gatehouse_reply *reply;
    struct gatehouse_update update;
};

/* Usable with CLEANUP(). */
void known_update_free(struct known_update *known);

/* Asks for it. EXIT_DONE, or what was reported. */
enum exit_code hand_over_ask(const struct arguments *arguments, const struct report *report,
                             struct known_update *known);

/* Files that were downloaded, by their paths. */
struct offer {
    const char16_t *manifest, *package;
    const char16_t *roots[HAND_OVER_ROOTS]; /* from one version to the next */
    size_t root_count;
};

/* Gives them to the service, which copies and checks them before it answers. EXIT_DONE, or what was
 * reported. */
enum exit_code hand_over(const struct arguments *arguments, const struct report *report,
                         const struct offer *offer);

/* Whether it is being installed, or will be at once. */
bool known_update_goes_on(const struct known_update *known);

/* Waits until the update is installed or has failed, over the end of the old service and the start
 * of the new one. EXIT_DONE with *known; or without a reply, or with one that says that it goes on,
 * if `end` was signalled or the service does not serve this program any more. EXIT_TIMED_OUT or
 * EXIT_NO_SERVICE: reported. */
enum exit_code hand_over_follow(const struct arguments *arguments, const struct report *report,
                                void *end, struct known_update *known);

#endif
