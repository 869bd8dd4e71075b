/* SPDX-License-Identifier: MIT */
/* domains.h: checks the domain names in openvpn.exe's messages and converts them to the form that
 * the registry needs.
 *
 * Names arrive as UTF-8 and are converted to UTF-16 here. Names beyond ASCII are not converted to
 * Punycode; Windows does that. A VPN server chooses these texts, and other programs split the
 * registry values that they become part of. So a name with a character that could be taken for a
 * separator is no domain name. One odd name does not cost the others: what is no domain name is
 * left out, and dots at the start of a name are dropped. Nothing but dots is the root. Letter case
 * is kept. Facts: docs/protocol.md, "DNS"; RFC 1035, 2.3.4 for
 * the lengths; Microsoft, "DnsValidateName" for the characters. */
#ifndef DNS_DOMAINS_H
#define DNS_DOMAINS_H

#include "base/text.h"
#include "dns/multi_string.h"

enum {
    DOMAINS_FIELD_SIZE = 512, /* bytes of a field of a message */
    /* Units that a field can become, terminators included. The longest result has names of one
     * letter: each takes two bytes of the field, with its comma, and becomes three units, a dot,
     * the letter and a zero. */
    DOMAINS_CAPACITY = 1024,
    DOMAINS_LEFT_OUT_CAPACITY = 64 /* units, enough to find the names in the server's settings */
};

/* What is left out, for an event. All zero at first; the functions below add to it. */
struct domains_left_out {
    size_t count; /* of names, the root among them where it has no meaning */
    size_t roots; /* of these, how often it was the root */
    char16_t names[DOMAINS_LEFT_OUT_CAPACITY]; /* a comma and a blank between them; cut off */
};

/* True if the `length` units are a domain name: labels of 1 to 63 characters separated by dots, at
 * most 253 characters in all. One more dot is allowed at the start and at the end. Allowed ASCII
 * characters are letters, digits, '-' and '_'; beyond ASCII all are allowed but blanks, control
 * characters and those that look like a separator. */
bool domain_is_valid(const char16_t *name, size_t length);

/* Converts search domains, names separated by commas (zero-terminated UTF-8). `list` gets the names
 * as search_list_add() needs them, without empty ones and without the root; it may be empty.
 * Returns 0, or ERROR_MESSAGE_DATA: longer than a field. */
uint32_t domains_search(const char *utf8, char16_t list[DOMAINS_CAPACITY],
                        struct domains_left_out *left_out);

/* True if `list` could be a result of domains_search() and is not empty. */
bool domains_are_valid(const char16_t *list);

/* Converts the single connection suffix that openvpn.exe up to 2.6 sends; it may be empty, and
 * several names are none. Returns as domains_search(). */
uint32_t domains_suffix(const char *utf8, char16_t suffix[DOMAINS_CAPACITY],
                        struct domains_left_out *left_out);

/* Converts the domains of an NRPT rule: a field of `size` bytes as it was sent, names separated by
 * commas or zeros, with two zeros at the end. Appends each name to `names`, with a dot at its start
 * and none at its end: such a name covers the domain and everything below it. If there is no name,
 * or one is the root, the rule is for all names and `names` is "." alone. Returns 0, or
 * ERROR_MESSAGE_DATA: longer than a field, the two zeros are missing, or there is no name because
 * all are left out; the contents of `names` are then undefined. */
uint32_t domains_resolve(const char *field, size_t size, struct multi_string *names,
                         struct domains_left_out *left_out);

#endif
