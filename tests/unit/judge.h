/* SPDX-License-Identifier: MIT */
/* judge.h: what Windows does to a packet, by what Microsoft documents ("Filter Arbitration",
 * "Filter Weight Assignment", FWPM_FILTER0).
 *
 * - A filter matches when each field that it asks for does; conditions on one field are
 *   alternatives.
 * - In a sublayer the matching filter of the highest weight decides. Which of two equal ones does
 * is not documented: if they disagree, the test fails.
 * - Each sublayer is asked. A block of one is final; a permit only lets the others have their say.
 * - Where no filter matches, the packet passes. */
#ifndef TESTS_UNIT_JUDGE_H
#define TESTS_UNIT_JUDGE_H

#include "firewall/kill_switch.h"

struct packet {
    enum filter_layer layer;
    unsigned program; /* enum filter_program, or any other number */
    uint8_t protocol;
    struct ip local, remote;          /* forwarded: source and destination */
    uint16_t local_port, remote_port; /* of ICMP: type and code */
    uint64_t interface_luid;          /* of the local address; forwarded: of arrival */
    uint64_t departure_luid;          /* forwarded only */
    uint64_t flags;                   /* FILTER_FLAG_* */
};

bool condition_matches(const struct filter_condition *condition, const struct packet *packet);
bool filter_matches(const struct filter *filter, const struct packet *packet);

/* A packet that the filter matches, other fields as in `others`. Of alternatives it takes the one
 * that choose() numbers, of `count`. */
struct packet packet_matching(const struct filter *filter, struct packet others,
                              size_t (*choose)(enum filter_field field, size_t count));

/* Takes the value of one field from another packet. */
void packet_copy_field(struct packet *packet, enum filter_field field, const struct packet *from);

/* Borrows its filters. */
struct sublayer {
    size_t count;
    const struct filter *filters[KILL_SWITCH_FILTERS];
};

/* Which filters of a plan there are. */
enum phase {
    PHASE_BOOT,      /* Windows starts: TCP/IP is there, the filtering platform not yet */
    PHASE_RESTARTED, /* Windows has started, and the service has done nothing yet */
    PHASE_RUNNING
};
void sublayer_of_plan(struct sublayer *sublayer, const struct kill_switch_plan *plan,
                      enum phase phase);

/* NULL: none matches. */
const struct filter *sublayer_decide(const struct sublayer *sublayer, const struct packet *packet);
bool sublayer_passes(const struct sublayer *sublayer, const struct packet *packet);

#endif
