/* SPDX-License-Identifier: MIT */
/* domains.h: domain names from the messages of an openvpn.exe, checked and as the registry wants
 * them.
 *
 * They come as UTF-8 and are turned into UTF-16 here, once; a name in another script stays in that
 * script, Windows encodes it itself. A VPN server chooses these texts, and they end in values that
 * other programs split again, so a name is only let through when it can't be taken for anything but
 * a name. Letter case is kept. Facts: docs/protocol.md, "DNS"; RFC 1035, 2.3.4 for the lengths;
 * Microsoft, "DnsValidateName" for what Windows takes. */
#ifndef DNS_DOMAINS_H
#define DNS_DOMAINS_H

#include "base/text.h"
#include "dns/multi_string.h"

enum {
    DOMAINS_FIELD_SIZE = 512, /* bytes of the messages' fields */
    /* Units of a whole field as text or as a list, terminators included: at most every second unit
     * is a name of one letter, which then takes a dot and a zero. */
    DOMAINS_CAPACITY = 1024
};

/* One name of `length` units: labels of 1 to 63 characters with a dot between them, 253 characters
 * in all; one more dot in front, behind, or both is allowed. Characters of ASCII are letters,
 * digits, '-' and '_'; of the rest all but blanks, control characters, and what looks like a
 * separator. */
bool domain_is_valid(const char16_t *name, size_t length);

/* Search domains: names with a comma between them. `list` is the same without empty names, ready
 * for search_list_add(); it may be empty. ERROR_MESSAGE_DATA: not UTF-8, longer than a field, or
 * one of them is no name. */
uint32_t domains_search(const char *utf8, char16_t list[DOMAINS_CAPACITY]);

/* Whether `list` could be what domains_search() makes, and is not empty. */
bool domains_are_valid(const char16_t *list);

/* The one connection suffix that clients up to 2.6 send; it may be empty. ERROR_MESSAGE_DATA as for
 * domains_search(), and when there is more than one name. */
uint32_t domains_suffix(const char *utf8, char16_t suffix[DOMAINS_CAPACITY]);

/* The domains that an NRPT rule resolves: the `size` bytes of the field as they were sent, names
 * with a comma or a zero between them, two zeros at the end. Appends each to `names` with a dot in
 * front and none behind, which makes a rule cover the domain with all below it. None, or the root
 * "." among them, is a rule for everything: `names` is then "." alone. ERROR_MESSAGE_DATA: as for
 * domains_search(), or the two zeros are not within the field; `names` is then of no use. */
uint32_t domains_resolve(const char *field, size_t size, struct multi_string *names);

#endif
