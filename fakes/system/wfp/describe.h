/* SPDX-License-Identifier: MIT */
/* describe.h: filters as text, for the record and for dumps. */
#ifndef FAKES_WFP_DESCRIBE_H
#define FAKES_WFP_DESCRIBE_H

#include "model.h"

enum { WFP_CONDITION_TEXT = 900 };

/* "IP_REMOTE_PORT equal 53", "FLAGS none_set 1", "ALE_APP_ID equal \device\...\openvpn.exe" (UTF-8)
 */
void wfp_condition_text(const struct wfp_filter *filter, const struct wfp_condition *condition,
                        char text[WFP_CONDITION_TEXT]);

/* "auto", "range 15", or the number. */
void wfp_weight_text(const struct wfp_filter *filter, char text[WFP_CONDITION_TEXT]);

/* "permit", "block" */
const char *wfp_action_name(uint32_t action);

#endif
