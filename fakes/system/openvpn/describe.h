/* SPDX-License-Identifier: MIT */
/* describe.h: how the service has started this process. */
#ifndef OPENVPN_DESCRIBE_H
#define OPENVPN_DESCRIBE_H

#include <cJSON.h>

/* Arguments as the C run-time split them, folder, environment, token, standard handles, job. */
cJSON *describe_process(void);

/* Which of the handle values in `values` are open here, or, with NULL, all open ones. */
cJSON *describe_handles(const cJSON *values);

#endif
