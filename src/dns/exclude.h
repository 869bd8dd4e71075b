/* SPDX-License-Identifier: MIT */
/* exclude.h: NRPT rules that keep the domains of the networks at hand with these networks' own name
 * servers, while a catch-all rule sends everything else through the VPN.
 *
 * What the registry says of a network came from its DHCP server, from a user or from another
 * program: what is no domain or no address is skipped, and nothing here is an error. Facts:
 * docs/protocol.md, "NRPT". */
#ifndef DNS_EXCLUDE_H
#define DNS_EXCLUDE_H

#include "dns/nrpt.h"

enum { EXCLUDE_RULES_MAX = 8 };

/* Registry values of one interface that is connected and up; NULL where there is no such value. */
struct exclude_interface {
    const char16_t *suffixes[4];     /* SearchList, Domain, DhcpDomainSearchList, DhcpDomain */
    const char16_t *name_servers[2]; /* IPv4: NameServer, DhcpNameServer */
    const char16_t *name_servers6;   /* IPv6: NameServer */
    const void *dhcp6_name_servers;  /* IPv6: Dhcpv6DNSServers: addresses of 16 bytes each */
    size_t dhcp6_size;               /* its bytes */
};

/* Makes the exclude rules that go with the main rule of `pid`, in the order of the interfaces, of
 * which those without a domain or without a name server have none. A domain that the VPN has too
 * (`search_domains`, as domains_search() makes it) stays with the VPN. Returns how many rules there
 * are. */
size_t exclude_rules(const struct exclude_interface *interfaces, size_t count,
                     const char16_t *search_domains, uint32_t pid,
                     struct nrpt_rule rules[EXCLUDE_RULES_MAX]);

#endif
