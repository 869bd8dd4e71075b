/* SPDX-License-Identifier: MIT */
/* nrpt.h: rules of Windows' Name Resolution Policy Table, which assigns name servers to domains:
 * the registry keys and values of the rules of one openvpn.exe, and how to recognise them.
 *
 * A rule is a registry key with a few values; the name of the key contains the process id of the
 * openvpn.exe. The main rule assigns the VPN's name servers to the VPN's domains or to all names. A
 * main rule for all names needs exclude rules (exclude.h), which leave the domains of other
 * networks to the name servers of those. Facts: docs/protocol.md, "NRPT"; [MS-GPNRPT], 2.2.2 for
 * the values. */
#ifndef DNS_NRPT_H
#define DNS_NRPT_H

#include "base/text.h"
#include "dns/domains.h"
#include "dns/name_servers.h"

enum {
    NRPT_KEY_CAPACITY = 48,     /* units of a key's name */
    NRPT_SERVERS_CAPACITY = 512 /* units of a rule's server list */
};
_Static_assert((int)NRPT_SERVERS_CAPACITY >= (int)NAME_SERVERS_CAPACITY,
               "the servers of a message must fit");

/* 3.5 KiB: do not put an array of them on the stack. */
struct nrpt_rule {
    char16_t key[NRPT_KEY_CAPACITY];
    char16_t names[DOMAINS_CAPACITY]; /* a list (multi_string.h) */
    size_t names_count;               /* units, the zero that ends the list included */
    char16_t servers[NRPT_SERVERS_CAPACITY];
    bool dnssec; /* answers must be validated */
};

/* ---- making rules ---- */

/* Makes the main rule of the openvpn.exe `pid` from the fields of its NRPT message: `addresses` as
 * name_servers_of_nrpt() reads them, `resolve_domains` of DOMAINS_FIELD_SIZE bytes as
 * domains_resolve() does. The caller decides on `dnssec` by flag 1 of the message and by the
 * settings. Returns 0, or ERROR_MESSAGE_DATA: no name server, a name server that is not an address,
 * or as domains_resolve(). */
uint32_t nrpt_main_rule(const char addresses[NAME_SERVERS_IN_NRPT][NAME_SERVER_FIELD_SIZE],
                        const char *resolve_domains, uint32_t pid, bool dnssec,
                        struct nrpt_rule *rule, struct domains_left_out *left_out);

/* True if the rule is for all names: it needs exclude rules. */
bool nrpt_is_catch_all(const struct nrpt_rule *rule);

/* ---- rules in the registry ---- */

/* One value of a rule's key, as RegSetValueExW takes it. */
struct nrpt_value {
    const char16_t *name;
    uint32_t type; /* REG_SZ 1, REG_DWORD 4, REG_MULTI_SZ 7 */
    const void *data;
    uint32_t size; /* bytes */
};

enum { NRPT_VALUE_MAX = 7 };

/* Lists the values of the rule's key in the order in which to write them. They point into the rule.
 * Returns their number. */
size_t nrpt_values(const struct nrpt_rule *rule, struct nrpt_value values[NRPT_VALUE_MAX]);

/* True if `name` is the key of a rule that an interactive service has made, this one or another.
 * Case-sensitive. */
bool nrpt_key_is_ours(const char16_t *name);

/* Gets the process id in the name of a rule's key. Returns false if nrpt_key_is_ours() does, or if
 * the name does not end with a process id. */
bool nrpt_key_pid(const char16_t *name, uint32_t *pid);

#endif
