/* SPDX-License-Identifier: MIT */
/* firewall_edit.h: another program changes the packet filters. */
#ifndef FAKES_CONTROL_FIREWALL_EDIT_H
#define FAKES_CONTROL_FIREWALL_EDIT_H

#include "model.h"

#include <cJSON.h>

/* Executes the request "edit_firewall" (control.h). False: it cannot be. */
bool firewall_edit_as_other(struct wfp *wfp, const cJSON *request);

#endif
