/* SPDX-License-Identifier: MIT */
/* names.h: the GUIDs of the Windows Filtering Platform that the model knows, and how they are
 * shown. The values are those of the Windows SDK's fwpmu.h. */
#ifndef FAKES_WFP_NAMES_H
#define FAKES_WFP_NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

enum wfp_layer {
    WFP_CONNECT_V4,
    WFP_CONNECT_V6,
    WFP_ACCEPT_V4,
    WFP_ACCEPT_V6,
    WFP_FORWARD_V4,
    WFP_FORWARD_V6,
    WFP_LAYERS
};

enum wfp_field {
    WFP_ALE_APP_ID,
    WFP_IP_REMOTE_PORT,
    WFP_IP_LOCAL_PORT,
    WFP_IP_PROTOCOL,
    WFP_IP_LOCAL_INTERFACE,
    WFP_IP_REMOTE_ADDRESS,
    WFP_IP_LOCAL_ADDRESS,
    WFP_FLAGS,
    WFP_IP_SOURCE_ADDRESS,
    WFP_IP_DESTINATION_ADDRESS,
    WFP_IP_FORWARD_INTERFACE,
    WFP_FIELDS
};

extern const GUID wfp_layer_keys[WFP_LAYERS], wfp_field_keys[WFP_FIELDS];

/* FWPM_SUBLAYER_UNIVERSAL, which every machine has; filters that name no sublayer go there. */
extern const GUID wfp_universal_sublayer;

/* WFP_LAYERS and WFP_FIELDS when there is none. */
enum wfp_layer wfp_layer_by_key(const GUID *key);
enum wfp_field wfp_field_by_key(const GUID *key);

bool wfp_layer_is_forward(enum wfp_layer layer);
bool wfp_layer_is_ipv6(enum wfp_layer layer);
/* Whether filters at the layer can ask for the field (Microsoft, "Filtering Conditions Available at
 * Each Filtering Layer"). The model has only some of each layer's fields. */
bool wfp_layer_has_field(enum wfp_layer layer, enum wfp_field field);

/* "ALE_AUTH_CONNECT_V4", "IP_REMOTE_PORT" */
const char *wfp_layer_name(enum wfp_layer layer);
const char *wfp_field_name(enum wfp_field field);

enum { WFP_GUID_TEXT = 40 };
void wfp_guid_text(const GUID *guid, char text[WFP_GUID_TEXT]);

bool wfp_guid_equal(const GUID *a, const GUID *b);
bool wfp_guid_is_zero(const GUID *guid);

#endif
