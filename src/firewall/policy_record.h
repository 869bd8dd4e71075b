/* SPDX-License-Identifier: MIT */
/* policy_record.h: the policy of the kill switch as bytes, which the filtering platform keeps with
 * the filters: it comes and goes with them in one step, and is there after a restart.
 *
 *     record  = magic flags owner-size gateway-count since owner *gateway  ; integers little-endian
 *     magic   = %x47 %x4B %x53 %x01   ; "GKS" and the version
 *     flags   = byte                  ; 1: the LAN is allowed
 *     owner-size, gateway-count = byte
 *     since   = 8byte                 ; seconds since the beginning of 1970, UTC
 *     owner   = owner-size byte       ; the SID of who has started it
 *     gateway = family address port protocol
 *     family  = 2byte                 ; 2 or 23
 *     address = 16byte                ; of IPv4 the first four
 *     port    = 2byte                 ; 0: any, and then
 *     protocol = byte                 ; 0: any
 *
 * What no such record is, a later version's too, is no policy: whoever finds it blocks everything.
 */
#ifndef FIREWALL_POLICY_RECORD_H
#define FIREWALL_POLICY_RECORD_H

#include "firewall/gateway.h"

enum {
    POLICY_OWNER_SIZE = 68, /* SECURITY_MAX_SID_SIZE */
    POLICY_RECORD_SIZE = 15 + POLICY_OWNER_SIZE + GATEWAYS_MAX * 21
};

struct policy_record {
    bool allow_lan;
    struct gateways gateways; /* none: lockdown */
    uint64_t since;
    size_t owner_size; /* 0: nobody, only administrators may change it */
    unsigned char owner[POLICY_OWNER_SIZE];
};

/* Returns how many bytes it takes. */
size_t policy_record_encode(const struct policy_record *record,
                            unsigned char bytes[POLICY_RECORD_SIZE]);

/* Returns false for what the grammar above does not allow; the record is zero then. */
bool policy_record_decode(const void *bytes, size_t size, struct policy_record *record);

#endif
