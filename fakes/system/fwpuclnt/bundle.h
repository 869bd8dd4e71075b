/* SPDX-License-Identifier: MIT */
/* bundle.h: a filter as Windows returns it, with everything that it points to. */
#ifndef FAKES_FWPUCLNT_BUNDLE_H
#define FAKES_FWPUCLNT_BUNDLE_H

#include "engine.h"

union bundle_value {
    UINT64 number;
    FWP_BYTE_ARRAY16 array;
    FWP_BYTE_BLOB blob;
    FWP_V4_ADDR_AND_MASK v4;
    FWP_V6_ADDR_AND_MASK v6;
    FWP_RANGE0 range;
};

struct filter_bundle {
    FWPM_FILTER0 filter; /* must be first: the caller frees it */
    FWPM_FILTER_CONDITION0 conditions[WFP_CONDITIONS];
    union bundle_value values[WFP_CONDITIONS];
    UINT64 weight, effective_weight;
    GUID provider;
    UINT8 blob[WFP_BLOB_BYTES];
    wchar_t name[WFP_NAME_UNITS], description[WFP_NAME_UNITS];
};

/* `bundle` must be zeroed and must not move. */
void bundle_filter(const struct wfp_filter *row, struct filter_bundle *bundle);

#endif
