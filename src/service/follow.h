/* SPDX-License-Identifier: MIT */
/* follow.h: a running openvpn.exe: serve its requests until it ends, then put everything back. */
#ifndef SERVICE_FOLLOW_H
#define SERVICE_FOLLOW_H

#include "service/answer.h"
#include "service/launch.h"
#include "service/service.h"

/* Returns when the process has ended and all its changes are undone. Where it has ended with an
 * error, `answer` has begun to say so. `place` is its client's. */
void follow_child(struct service *service, struct client_user *place, struct child *child,
                  struct answer *answer);

#endif
