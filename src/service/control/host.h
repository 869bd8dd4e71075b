/* SPDX-License-Identifier: MIT */
/* host.h: what the service does for the verbs of the control pipe. */
#ifndef SERVICE_CONTROL_HOST_H
#define SERVICE_CONTROL_HOST_H

#include "control/control.h"

/* For struct control_connection. */
extern const struct control_host service_control_host;

#endif
