/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <stdio.h>
#include <string.h>

const GUID wfp_layer_keys[WFP_LAYERS] = {
    [WFP_CONNECT_V4] = {0xc38d57d1,
                        0x05a7,
                        0x4c33,
                        {0x90, 0x4f, 0x7f, 0xbc, 0xee, 0xe6, 0x0e, 0x82}},
    [WFP_CONNECT_V6] = {0x4a72393b,
                        0x319f,
                        0x44bc,
                        {0x84, 0xc3, 0xba, 0x54, 0xdc, 0xb3, 0xb6, 0xb4}},
    [WFP_ACCEPT_V4] = {0xe1cd9fe7,
                       0xf4b5,
                       0x4273,
                       {0x96, 0xc0, 0x59, 0x2e, 0x48, 0x7b, 0x86, 0x50}},
    [WFP_ACCEPT_V6] = {0xa3b42c97,
                       0x9f04,
                       0x4672,
                       {0xb8, 0x7e, 0xce, 0xe9, 0xc4, 0x83, 0x25, 0x7f}},
    [WFP_FORWARD_V4] = {0xa82acc24,
                        0x4ee1,
                        0x4ee1,
                        {0xb4, 0x65, 0xfd, 0x1d, 0x25, 0xcb, 0x10, 0xa4}},
    [WFP_FORWARD_V6] = {0x7b964818,
                        0x19c7,
                        0x493a,
                        {0xb7, 0x1f, 0x83, 0x2c, 0x36, 0x84, 0xd2, 0x8c}},
};

const GUID wfp_field_keys[WFP_FIELDS] = {
    [WFP_ALE_APP_ID] = {0xd78e1e87,
                        0x8644,
                        0x4ea5,
                        {0x94, 0x37, 0xd8, 0x09, 0xec, 0xef, 0xc9, 0x71}},
    [WFP_IP_REMOTE_PORT] = {0xc35a604d,
                            0xd22b,
                            0x4e1a,
                            {0x91, 0xb4, 0x68, 0xf6, 0x74, 0xee, 0x67, 0x4b}},
    [WFP_IP_LOCAL_PORT] = {0x0c1ba1af,
                           0x5765,
                           0x453f,
                           {0xaf, 0x22, 0xa8, 0xf7, 0x91, 0xac, 0x77, 0x5b}},
    [WFP_IP_PROTOCOL] = {0x3971ef2b,
                         0x623e,
                         0x4f9a,
                         {0x8c, 0xb1, 0x6e, 0x79, 0xb8, 0x06, 0xb9, 0xa7}},
    [WFP_IP_LOCAL_INTERFACE] = {0x4cd62a49,
                                0x59c3,
                                0x4969,
                                {0xb7, 0xf3, 0xbd, 0xa5, 0xd3, 0x28, 0x90, 0xa4}},
    [WFP_IP_REMOTE_ADDRESS] = {0xb235ae9a,
                               0x1d64,
                               0x49b8,
                               {0xa4, 0x4c, 0x5f, 0xf3, 0xd9, 0x09, 0x50, 0x45}},
    [WFP_IP_LOCAL_ADDRESS] = {0xd9ee00de,
                              0xc1ef,
                              0x4617,
                              {0xbf, 0xe3, 0xff, 0xd8, 0xf5, 0xa0, 0x89, 0x57}},
    [WFP_FLAGS] = {0x632ce23b, 0x5167, 0x435c, {0x86, 0xd7, 0xe9, 0x03, 0x68, 0x4a, 0xa8, 0x0c}},
    [WFP_IP_SOURCE_ADDRESS] = {0xae96897e,
                               0x2e94,
                               0x4bc9,
                               {0xb3, 0x13, 0xb2, 0x7e, 0xe8, 0x0e, 0x57, 0x4d}},
    [WFP_IP_DESTINATION_ADDRESS] = {0x2d79133b,
                                    0xb390,
                                    0x45c6,
                                    {0x86, 0x99, 0xac, 0xac, 0xea, 0xaf, 0xed, 0x33}},
    [WFP_IP_FORWARD_INTERFACE] = {0x1076b8a5,
                                  0x6323,
                                  0x4c5e,
                                  {0x98, 0x10, 0xe8, 0xd3, 0xfc, 0x9e, 0x61, 0x36}},
};

const GUID wfp_universal_sublayer = {
    0xeebecc03, 0xced4, 0x4380, {0x81, 0x9a, 0x27, 0x34, 0x39, 0x7b, 0x2b, 0x74}};

static const char *const layer_names[WFP_LAYERS] = {
    [WFP_CONNECT_V4] = "ALE_AUTH_CONNECT_V4",    [WFP_CONNECT_V6] = "ALE_AUTH_CONNECT_V6",
    [WFP_ACCEPT_V4] = "ALE_AUTH_RECV_ACCEPT_V4", [WFP_ACCEPT_V6] = "ALE_AUTH_RECV_ACCEPT_V6",
    [WFP_FORWARD_V4] = "IPFORWARD_V4",           [WFP_FORWARD_V6] = "IPFORWARD_V6",
};

static const char *const field_names[WFP_FIELDS] = {
    [WFP_ALE_APP_ID] = "ALE_APP_ID",
    [WFP_IP_REMOTE_PORT] = "IP_REMOTE_PORT",
    [WFP_IP_LOCAL_PORT] = "IP_LOCAL_PORT",
    [WFP_IP_PROTOCOL] = "IP_PROTOCOL",
    [WFP_IP_LOCAL_INTERFACE] = "IP_LOCAL_INTERFACE",
    [WFP_IP_REMOTE_ADDRESS] = "IP_REMOTE_ADDRESS",
    [WFP_IP_LOCAL_ADDRESS] = "IP_LOCAL_ADDRESS",
    [WFP_FLAGS] = "FLAGS",
    [WFP_IP_SOURCE_ADDRESS] = "IP_SOURCE_ADDRESS",
    [WFP_IP_DESTINATION_ADDRESS] = "IP_DESTINATION_ADDRESS",
    [WFP_IP_FORWARD_INTERFACE] = "IP_FORWARD_INTERFACE",
};

/* Where a field exists. The interface of the local address is at a forwarding layer that of
 * arrival. */
enum { ALE = 1, FORWARD = 2 };
static const uint8_t field_places[WFP_FIELDS] = {
    [WFP_ALE_APP_ID] = ALE,
    [WFP_IP_REMOTE_PORT] = ALE,
    [WFP_IP_LOCAL_PORT] = ALE,
    [WFP_IP_PROTOCOL] = ALE,
    [WFP_IP_LOCAL_INTERFACE] = ALE | FORWARD,
    [WFP_IP_REMOTE_ADDRESS] = ALE,
    [WFP_IP_LOCAL_ADDRESS] = ALE,
    [WFP_FLAGS] = ALE | FORWARD,
    [WFP_IP_SOURCE_ADDRESS] = FORWARD,
    [WFP_IP_DESTINATION_ADDRESS] = FORWARD,
    [WFP_IP_FORWARD_INTERFACE] = FORWARD,
};

static size_t index_of(const GUID *keys, size_t count, const GUID *key)
{
    size_t i = 0;
    while (i < count && !wfp_guid_equal(&keys[i], key))
        i++;
    return i;
}

enum wfp_layer wfp_layer_by_key(const GUID *key)
{
    return (enum wfp_layer)index_of(wfp_layer_keys, WFP_LAYERS, key);
}

enum wfp_field wfp_field_by_key(const GUID *key)
{
    return (enum wfp_field)index_of(wfp_field_keys, WFP_FIELDS, key);
}

bool wfp_layer_is_forward(enum wfp_layer layer)
{
    return layer == WFP_FORWARD_V4 || layer == WFP_FORWARD_V6;
}

bool wfp_layer_is_ipv6(enum wfp_layer layer)
{
    return layer == WFP_CONNECT_V6 || layer == WFP_ACCEPT_V6 || layer == WFP_FORWARD_V6;
}

bool wfp_layer_has_field(enum wfp_layer layer, enum wfp_field field)
{
    return field_places[field] & (wfp_layer_is_forward(layer) ? FORWARD : ALE);
}

const char *wfp_layer_name(enum wfp_layer layer)
{
    return layer < WFP_LAYERS ? layer_names[layer] : "?";
}

const char *wfp_field_name(enum wfp_field field)
{
    return field < WFP_FIELDS ? field_names[field] : "?";
}

void wfp_guid_text(const GUID *guid, char text[WFP_GUID_TEXT])
{
    const uint8_t *b = guid->Data4;
    snprintf(text, WFP_GUID_TEXT, "{%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}",
             guid->Data1, guid->Data2, guid->Data3, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]);
}

bool wfp_guid_equal(const GUID *a, const GUID *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

bool wfp_guid_is_zero(const GUID *guid)
{
    static const GUID zero;
    return wfp_guid_equal(guid, &zero);
}
