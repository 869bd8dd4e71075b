/* SPDX-License-Identifier: MIT */
/* name_servers.h: makes lists of name servers in the form of the registry's NameServer values: one
 * value for each family, numeric addresses separated by commas, the preferred one first. */
#ifndef DNS_NAME_SERVERS_H
#define DNS_NAME_SERVERS_H

#include "base/numeric.h"
#include "base/text.h"

enum {
    NAME_SERVERS_IN_DNS = 4,         /* addresses of a DNS or WINS message */
    NAME_SERVERS_IN_NRPT = 8,        /* addresses of an NRPT message */
    NAME_SERVER_FIELD_SIZE = 48 + 1, /* bytes of each of those, with a terminator */
    NAME_SERVERS_CAPACITY = NAME_SERVERS_IN_NRPT * NUMERIC_CAPACITY
};

/* Makes the list of a DNS or WINS message, of at most NAME_SERVERS_IN_DNS addresses. */
void name_servers_of(const struct ip *addresses, size_t count,
                     char16_t list[NAME_SERVERS_CAPACITY]);

/* Makes the list of an NRPT message: its addresses, each a terminated text, as they were sent, with
 * `separator` between them, of one family, or of both if `family` is 0. Empty fields are skipped.
 * Returns 0, or ERROR_MESSAGE_DATA and an empty list if the first field is empty or a field is not
 * an address. */
uint32_t name_servers_of_nrpt(const char addresses[NAME_SERVERS_IN_NRPT][NAME_SERVER_FIELD_SIZE],
                              uint16_t family, char16_t separator,
                              char16_t list[NAME_SERVERS_CAPACITY]);

#endif
