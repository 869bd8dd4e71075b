/* SPDX-License-Identifier: MIT */
/* exclude.h: makes the NRPT rules that exclude other connected networks from a catch-all rule:
 * names in their domains are resolved by their own name servers, all others by those of the VPN.
 *
 * The registry values of a network come from its DHCP server, from a user or from another program.
 * Parts that are not a domain or an address are skipped; nothing here is an error. Facts:
 * docs/protocol.md, "NRPT". */
#ifndef DNS_EXCLUDE_H
#define DNS_EXCLUDE_H

#include "dns/nrpt.h"

enum { EXCLUDE_RULES_MAX = 8 };

/* Registry values of one interface that is connected and up; NULL: there is no such value. */
struct exclude_interface {
    const char16_t *suffixes[4];     /* SearchList, Domain, DhcpDomainSearchList, DhcpDomain */
    const char16_t *name_servers[2]; /* IPv4: NameServer, DhcpNameServer */
    const char16_t *name_servers6;   /* IPv6: NameServer */
    const void *dhcp6_name_servers;  /* IPv6: Dhcpv6DNSServers, addresses of 16 bytes each */
    size_t dhcp6_size;               /* of dhcp6_name_servers, in bytes */
};

/* Makes the exclude rules for the catch-all rule of the openvpn.exe `pid`, in the order of the
 * interfaces. An interface without a domain or without a name server gets no rule. A domain that is
 * also in `search_domains`, the VPN's list as domains_search() makes it, is not excluded. Returns
 * the number of rules. */
size_t exclude_rules(const struct exclude_interface *interfaces, size_t count,
                     const char16_t *search_domains, uint32_t pid,
                     struct nrpt_rule rules[EXCLUDE_RULES_MAX]);

#endif
