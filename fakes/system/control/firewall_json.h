/* SPDX-License-Identifier: MIT */
/* firewall_json.h: the packet filters as JSON, and verdicts about packets. */
#ifndef FAKES_CONTROL_FIREWALL_JSON_H
#define FAKES_CONTROL_FIREWALL_JSON_H

#include "model.h"

#include <cJSON.h>

/* The existing filters as "dump" shows them: sorted, without fields that change by themselves. */
cJSON *firewall_filters_to_json(struct wfp *wfp);
/* Everything, including sessions, sublayers, keys and weights. */
cJSON *firewall_to_json(struct wfp *wfp);

/* The answer to "verdict". */
cJSON *firewall_verdict(struct machine *machine, struct wfp *wfp, const cJSON *request);

#endif
