/* SPDX-License-Identifier: MIT */
/* firewall_json.h: the packet filters as JSON. */
#ifndef FAKES_CONTROL_FIREWALL_JSON_H
#define FAKES_CONTROL_FIREWALL_JSON_H

#include "model.h"

#include <cJSON.h>

/* The existing filters as "dump" shows them: sorted, without fields that change by themselves. */
cJSON *firewall_filters_to_json(struct wfp *wfp);
/* Everything, including sessions, providers, sublayers, keys and weights. */
cJSON *firewall_to_json(struct wfp *wfp);
/* A filter with all its fields. */
cJSON *firewall_filter_to_json(const struct wfp_tables *tables, const struct wfp_filter *row);

#endif
