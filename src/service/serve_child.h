/* SPDX-License-Identifier: MIT */
/* serve_child.h: serves the requests of a running openvpn.exe until it ends, then undoes everything
 * that they changed. */
#ifndef SERVICE_SERVE_CHILD_H
#define SERVICE_SERVE_CHILD_H

#include "service/startup/answer.h"
#include "service/startup/launch.h"
#include "service/service.h"

/* Returns when the process has ended and all its changes are undone. If it has ended with an error,
 * `answer` has begun to send the reply. `user` is its client's; `listed` shows how it goes on. */
void follow_child(struct service *service, struct client_user *user, struct listed_session *listed,
                  struct child *child, struct answer *answer);

#endif
