/* SPDX-License-Identifier: MIT */
/* bundle.h: objects as Windows returns them, each with everything that it points to. The first
 * member is what the caller gets, and frees. A bundle must be zeroed and must not move. */
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

/* As large as the filter needs: conditions, their values, texts and programs lie behind it. */
struct filter_bundle {
    FWPM_FILTER0 filter;
    UINT64 weight, effective_weight;
    GUID provider;
};

struct provider_bundle {
    FWPM_PROVIDER0 provider;
    wchar_t name[WFP_NAME_UNITS], description[WFP_NAME_UNITS], service[WFP_SERVICE_UNITS];
    UINT8 data[WFP_PROVIDER_BYTES];
};

struct sublayer_bundle {
    FWPM_SUBLAYER0 sublayer;
    GUID provider;
    wchar_t name[WFP_NAME_UNITS], description[WFP_NAME_UNITS];
};

struct session_bundle {
    FWPM_SESSION0 session;
    wchar_t name[WFP_NAME_UNITS], description[WFP_NAME_UNITS];
};

size_t filter_bundle_size(const struct wfp_filter *row);
void bundle_filter(const struct wfp_filter *row, struct filter_bundle *bundle);
void bundle_provider(const struct wfp_provider *row, struct provider_bundle *bundle);
void bundle_sublayer(const struct wfp_sublayer *row, struct sublayer_bundle *bundle);
/* Without user: the model knows none. */
void bundle_session(const struct wfp_session *row, struct session_bundle *bundle);

#endif
