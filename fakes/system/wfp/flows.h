/* SPDX-License-Identifier: MIT */
/* flows.h: connections that outlive changes of the filters.
 *
 * Microsoft, "ALE Reauthorization": the first packet of a flow is judged, and if it passes, so do
 * all that belong to the flow, in both directions. After filters of the layer have been added or
 * removed, the flow's next packet is judged again, at the layer of the first one; if that is
 * blocked, the flow is torn down. Forwarded packets are judged each for itself. Flows end with the
 * machine. */
#ifndef FAKES_WFP_FLOWS_H
#define FAKES_WFP_FLOWS_H

#include "arbitration.h"

/* Judges the first packet of the flow of that name, which replaces one of the same name. False:
 * there are too many flows. */
bool wfp_flow_open(struct wfp *wfp, const struct wfp_tables *tables, const char *name,
                   const struct wfp_packet *packet, struct wfp_verdict *verdict);
/* Judges the next packet, in either direction. `is_judged_again` tells whether filters were asked:
 * if not, the verdict names none. False: no such flow. */
bool wfp_flow_packet(struct wfp *wfp, const struct wfp_tables *tables, const char *name,
                     struct wfp_verdict *verdict, bool *is_judged_again);
void wfp_flows_end(struct wfp *wfp);

#endif
