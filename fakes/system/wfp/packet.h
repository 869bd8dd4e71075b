/* SPDX-License-Identifier: MIT */
/* packet.h: a packet, with what filters can ask about it. */
#ifndef FAKES_WFP_PACKET_H
#define FAKES_WFP_PACKET_H

#include "machine.h"
#include "names.h"

enum { WFP_APP_ID_UNITS = 300 };

enum wfp_way {
    WFP_OUT,    /* leaves a program */
    WFP_IN,     /* arrives at one */
    WFP_FORWARD /* passes from one interface to another */
};

struct wfp_packet {
    uint32_t way;                     /* enum wfp_way */
    uint32_t flags;                   /* FWP_CONDITION_FLAG_* */
    struct machine_ip local, remote;  /* of one family; forwarded: source and destination */
    uint16_t local_port, remote_port; /* of ICMP: type and code; forwarded: none */
    uint8_t protocol;
    uint8_t zero[3];
    uint64_t interface_luid; /* of the local address; forwarded: of arrival */
    uint64_t departure_luid; /* forwarded only */
    wchar_t program[WFP_APP_ID_UNITS];
};

/* Where it is judged. */
enum wfp_layer wfp_layer_of(const struct wfp_packet *packet);

#endif
