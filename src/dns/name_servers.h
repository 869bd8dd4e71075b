/* SPDX-License-Identifier: MIT */
/* name_servers.h: makes lists of name servers in the form of the registry's NameServer values: one
 * value for each family, numeric addresses separated by commas, the preferred one first. */
#ifndef DNS_NAME_SERVERS_H
#define DNS_NAME_SERVERS_H

#include "base/text.h"
#include "dns/numeric.h"
#include "wire/message.h"

enum {
    NAME_SERVERS_IN_DNS = 4,  /* addresses of a DNS or WINS message */
    NAME_SERVERS_IN_NRPT = 8, /* addresses of an NRPT message */
    NAME_SERVERS_CAPACITY = NAME_SERVERS_IN_NRPT * NUMERIC_CAPACITY
};

/* Makes the list of a DNS or WINS message. `count` is the number that was sent; at most
 * NAME_SERVERS_IN_DNS addresses are used. Returns 0, or ERROR_INVALID_PARAMETER and an empty list
 * for an unknown family. */
uint32_t name_servers_of(int16_t family, uint32_t count,
                         const struct message_ip addresses[NAME_SERVERS_IN_DNS],
                         char16_t list[NAME_SERVERS_CAPACITY]);

/* Makes the list of an NRPT message: its addresses as they were sent, with `separator` between
 * them, of one family, or of both if `family` is 0. Empty fields are skipped. Returns 0, or
 * ERROR_MESSAGE_DATA and an empty list if the first field is empty or a field is not an address. */
uint32_t name_servers_of_nrpt(const struct message_nrpt *message, int16_t family,
                              char16_t separator, char16_t list[NAME_SERVERS_CAPACITY]);

#endif
