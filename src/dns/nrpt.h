/* SPDX-License-Identifier: MIT */
/* nrpt.h: rules of the Name Resolution Policy Table, which say which name servers are asked for
 * which domains: what is written to the registry for one openvpn.exe, and how it is found again.
 *
 * A rule is a registry key named after the process id of its openvpn.exe, with a few values. The
 * main rule sends the VPN's domains, or everything, to the VPN's name servers; a rule for
 * everything comes with exclude rules, which leave the domains of the other networks with the
 * servers of these. Facts: docs/protocol.md, "NRPT"; [MS-GPNRPT], 2.2.2 for the values. */
#ifndef DNS_NRPT_H
#define DNS_NRPT_H

#include "base/text.h"
#include "dns/domains.h"
#include "dns/name_servers.h"

enum {
    NRPT_KEY_CAPACITY = 48,     /* units of a key's name */
    NRPT_SERVERS_CAPACITY = 512 /* units of a rule's server list */
};
_Static_assert((int)NRPT_SERVERS_CAPACITY >= (int)NAME_SERVERS_CAPACITY, "a message's must fit");

/* Three and a half kilobytes: many of them do not belong on a stack. */
struct nrpt_rule {
    char16_t key[NRPT_KEY_CAPACITY];
    char16_t names[DOMAINS_CAPACITY]; /* a list (multi_string.h) */
    size_t names_count;               /* units, the list's own zero included */
    char16_t servers[NRPT_SERVERS_CAPACITY];
    bool dnssec; /* answers must be validated */
};

/* ---- making rules ---- */

/* The main rule that the message of the openvpn.exe `pid` asks for. Whether dnssec is asked for is
 * the caller's decision (flag 1 of the message, and settings). ERROR_MESSAGE_DATA: no name server,
 * something that is no address among them, or bad domains (domains_resolve()). */
uint32_t nrpt_main_rule(const struct message_nrpt *message, uint32_t pid, bool dnssec,
                        struct nrpt_rule *rule);

/* True when the rule is for everything: it needs exclude rules. */
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

/* The rule's values, in the order to write them; they point into the rule. Returns how many. */
size_t nrpt_values(const struct nrpt_rule *rule, struct nrpt_value values[NRPT_VALUE_MAX]);

/* True for the key of a rule of this service's kind, whoever's; `name` is case-sensitive. */
bool nrpt_key_is_ours(const char16_t *name);

/* The process that the key of a rule belongs to. False when nrpt_key_is_ours() is, or when the name
 * does not end in a process id. */
bool nrpt_key_pid(const char16_t *name, uint32_t *pid);

#endif
