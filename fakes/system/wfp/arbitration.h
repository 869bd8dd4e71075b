/* SPDX-License-Identifier: MIT */
/* arbitration.h: which filter decides about a packet, by Windows' rules.
 *
 * Sources: Microsoft, "Filter Arbitration", "Filter Weight Assignment" and the documentation of
 * FWPM_FILTER0, FWPM_FILTER_CONDITION0 and FWP_MATCH_TYPE.
 *
 * - Conditions: all fields must match; several conditions on one field are alternatives.
 * - Weight: FWP_UINT64 is taken as it is; FWP_EMPTY makes Windows compute 60 bits from the
 *   conditions, and FWP_UINT8 (0 to 15) sets the four bits above these. How Windows computes the 60
 *   bits is not documented, only that more specific filters weigh more: here it is the number of
 *   bits that the conditions fix.
 * - Within a sublayer the matching filter of the highest weight decides. Which of two equally heavy
 *   ones does is left open: if they disagree, there is no verdict but a tie.
 * - Sublayers are asked from the highest weight to the lowest. A block is final, unless a sublayer
 *   above has permitted with FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT (a hard permit). A permit lets the
 *   sublayers below have their say.
 * - Where no filter decides, the packet passes.
 * - Only filters count that are in force: while the machine starts, those for the boot.
 *
 * Not modelled: callouts, soft blocks, the layers of packets, streams and resources, IPsec; that
 * what was sent to a group lets answers in for 4 seconds; that ICMP errors are not judged. */
#ifndef FAKES_WFP_ARBITRATION_H
#define FAKES_WFP_ARBITRATION_H

#include "model.h"

struct wfp_verdict {
    bool permitted;
    const struct wfp_filter *filter;   /* NULL: no filter decided */
    const struct wfp_filter *opponent; /* not NULL: it disagrees with `filter`; no verdict */
};

/* Not in the phase WFP_STOPPED. */
struct wfp_verdict wfp_decide(const struct wfp_tables *tables, const struct wfp_packet *packet);

uint64_t wfp_effective_weight(const struct wfp_filter *filter);

#endif
