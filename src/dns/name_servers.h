/* SPDX-License-Identifier: MIT */
/* name_servers.h: the name servers of an interface, as the registry's NameServer values hold them:
 * one value a family, numeric addresses with a comma between them, the preferred one first. */
#ifndef DNS_NAME_SERVERS_H
#define DNS_NAME_SERVERS_H

#include "base/text.h"
#include "dns/numeric.h"
#include "wire/message.h"

enum {
    NAME_SERVERS_IN_DNS = 4,  /* addresses of a DNS or WINS message */
    NAME_SERVERS_IN_NRPT = 8, /* of an NRPT message */
    NAME_SERVERS_CAPACITY = NAME_SERVERS_IN_NRPT * NUMERIC_CAPACITY
};

/* The addresses of a DNS or WINS message. `count` is as sent: whatever is more than
 * NAME_SERVERS_IN_DNS is taken for that. ERROR_INVALID_PARAMETER: no such family; the list is then
 * empty. */
uint32_t name_servers_of(int16_t family, uint32_t count,
                         const struct message_ip addresses[NAME_SERVERS_IN_DNS],
                         char16_t list[NAME_SERVERS_CAPACITY]);

/* The addresses of an NRPT message, as they were sent, with `separator` between them: those of one
 * family, or all when `family` is 0; empty places are skipped. ERROR_MESSAGE_DATA: the first place
 * is empty, or one is no address; the list is then empty. */
uint32_t name_servers_of_nrpt(const struct message_nrpt *message, int16_t family,
                              char16_t separator, char16_t list[NAME_SERVERS_CAPACITY]);

#endif
