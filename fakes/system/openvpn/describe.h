/* SPDX-License-Identifier: MIT */
/* describe.h: what the service has made of this process. */
#ifndef OPENVPN_DESCRIBE_H
#define OPENVPN_DESCRIBE_H

#include <cJSON.h>

/* Arguments as the C run-time split them, folder, environment, token, standard handles, job. */
cJSON *describe_process(void);

/* Which of the handle values in `values` are open here, or, with NULL, all that are. */
cJSON *describe_handles(const cJSON *values);

#endif
