/* SPDX-License-Identifier: MIT */
/* filter.h: a packet filter, in words of its own for the layers, conditions and actions of the
 * Windows Filtering Platform.
 *
 * All that we add there is written in these words: the filters that openvpn.exe asks for (plan.h)
 * and those of the kill switch (kill_switch.h). src/system/win32/wfp.c knows the GUIDs. Numbers and
 * ports are in host byte order. */
#ifndef FIREWALL_FILTER_H
#define FIREWALL_FILTER_H

#include "base/ip.h"

#include <stddef.h>
#include <stdint.h>

enum filter_layer {
    LAYER_CONNECT_V4, /* FWPM_LAYER_ALE_AUTH_CONNECT_V4: start of an outgoing flow */
    LAYER_CONNECT_V6, /* FWPM_LAYER_ALE_AUTH_CONNECT_V6 */
    LAYER_ACCEPT_V4,  /* FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4: start of an incoming flow */
    LAYER_ACCEPT_V6,  /* FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V6 */
    LAYER_FORWARD_V4, /* FWPM_LAYER_IPFORWARD_V4: each packet from one interface to another */
    LAYER_FORWARD_V6, /* FWPM_LAYER_IPFORWARD_V6 */
    LAYER_COUNT
};

/* A permit is soft: filters of other sublayers may still block. A block is final. */
enum filter_action { ACTION_PERMIT, ACTION_BLOCK };

/* A weight of 0 to 15 chooses one of the weight ranges of Windows. With WEIGHT_AUTOMATIC Windows
 * weighs the filter by its conditions, in the lowest range. */
enum { WEIGHT_AUTOMATIC = -1 };

enum filter_field {
    FIELD_PROGRAM, /* FWPM_CONDITION_ALE_APP_ID; enum filter_program */
    FIELD_REMOTE_PORT,
    FIELD_LOCAL_INTERFACE, /* a LUID; when forwarding, that of the interface of arrival */
    FIELD_FLAGS,           /* FWP_CONDITION_FLAG_* */
    FIELD_PROTOCOL,        /* as IANA numbers them */
    FIELD_LOCAL_PORT,
    FIELD_LOCAL_ADDRESS,     /* the only two with a range */
    FIELD_REMOTE_ADDRESS,    /* IPv4 at the layers of IPv4, IPv6 at those of IPv6 */
    FIELD_FORWARD_INTERFACE, /* when forwarding: the LUID of the interface of departure */
    FIELD_COUNT,
    /* One field with two names in Windows, too: without a condition on the protocol, a port matches
     * a type or code of ICMP as well. */
    FIELD_ICMP_TYPE = FIELD_LOCAL_PORT,
    FIELD_ICMP_CODE = FIELD_REMOTE_PORT
};

enum filter_match { MATCH_EQUAL, MATCH_FLAGS_ALL_SET, MATCH_FLAGS_NONE_SET };

/* Which program, of those that the service finds on the machine. */
enum filter_program {
    PROGRAM_OPENVPN, /* openvpn.exe, the setting `exe_path` */
    PROGRAM_SVCHOST, /* svchost.exe of Windows: the DHCP client */
    PROGRAM_FURTHER  /* the first of the setting `firewall_programs`; the next number, the next */
};

enum {
    FILTER_FLAG_LOOPBACK = 0x1, /* FWP_CONDITION_FLAG_IS_LOOPBACK */
    /* The packet crosses two interfaces of this machine, but is sent by it or is for it. */
    FILTER_FLAG_OUTBOUND_PASS_THRU = 0x40000,
    FILTER_FLAG_INBOUND_PASS_THRU = 0x80000
};

enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ICMPV6 = 58 };
enum { PORT_DNS = 53, PORT_DNS_OVER_TLS = 853 /* and over QUIC */ };

/* All addresses that begin with the first `length` bits of `ip`; the bits behind are 0. */
struct ip_range {
    struct ip ip;
    unsigned length;
};

struct filter_condition {
    enum filter_field field;
    enum filter_match match;
    union {
        uint64_t value;
        struct ip_range range; /* MATCH_EQUAL: the address is one of them */
    };
};

enum { FILTER_CONDITIONS = 16 };

/* A filter matches what is so for each field: conditions on one field, which stand together, are
 * alternatives; all fields must match. */
struct filter {
    enum filter_layer layer;
    enum filter_action action;
    int weight;
    size_t condition_count;
    struct filter_condition conditions[FILTER_CONDITIONS];
};

#endif
