/* SPDX-License-Identifier: MIT */
#include "tests/unit/requests.h"

#include "base/array.h"
#include "tests/unit/rows.h"

static struct message either(enum message_kind addition, enum message_kind deletion)
{
    return (struct message){.kind = random_one_in(3) ? deletion : addition, .id = 7};
}

static const char *domains(unsigned without)
{
    static const char *const texts[] = {"", "", "ours0.example", "ours1.example",
                                        "ours0.example,ours1.example"};
    return texts[random_below(without & WITHOUT_SECOND_DOMAIN ? 4 : 5)];
}

static struct message_ip server(void)
{
    return (struct message_ip){{10, 0, 0, (uint8_t)(1 + random_below(OUR_VALUES))}};
}

static struct message mtu(unsigned without, const struct adapter *adapter)
{
    const int16_t family = random_one_in(2) ? FAMILY_IPV4 : FAMILY_IPV6;
    (void)without;
    return (struct message){
        .kind = MESSAGE_SET_MTU,
        .id = 7,
        .mtu = {{.index = adapter->index}, family, OUR_MTU + random_below(OUR_VALUES)}};
}

static struct message mtu_of_ipv4(unsigned without, const struct adapter *adapter)
{
    struct message message = mtu(without, adapter);
    message.mtu.family = FAMILY_IPV4;
    return message;
}

static struct message filters(unsigned without, const struct adapter *adapter)
{
    struct message message = either(MESSAGE_ADD_WFP_BLOCK, MESSAGE_DELETE_WFP_BLOCK);
    (void)without;
    message.wfp_block = (struct message_wfp_block){random_below(2), {.index = adapter->index}};
    return message;
}

static struct message name_servers(unsigned without, const struct adapter *adapter)
{
    struct message message = either(MESSAGE_ADD_DNS, MESSAGE_DELETE_DNS);
    struct message_dns *dns = &message.dns;
    snprintf(dns->interface.name, sizeof(dns->interface.name), "%s", adapter->alias);
    snprintf(dns->domains, sizeof(dns->domains), "%s", domains(without));
    dns->family = random_one_in(3) ? FAMILY_IPV6 : FAMILY_IPV4;
    dns->address_count = message.kind == MESSAGE_ADD_DNS;
    dns->addresses[0] = server();
    return message;
}

static struct message rules(unsigned without, const struct adapter *adapter)
{
    static const char *const resolve[] = {"", "", ".ours0.example",
                                          ".ours1.example,.ours0.example"};
    struct message message = either(MESSAGE_ADD_NRPT, MESSAGE_DELETE_NRPT);
    struct message_nrpt *nrpt = &message.nrpt;
    snprintf(nrpt->interface.name, sizeof(nrpt->interface.name), "%s", adapter->alias);
    snprintf(nrpt->resolve_domains, sizeof(nrpt->resolve_domains) - 1, "%s",
             resolve[random_below(ARRAY_COUNT(resolve))]);
    snprintf(nrpt->search_domains, sizeof(nrpt->search_domains), "%s", domains(without));
    snprintf(nrpt->addresses[0], sizeof(nrpt->addresses[0]), "10.0.0.%u", 1 + random_below(3));
    if (random_one_in(2))
        snprintf(nrpt->addresses[1], sizeof(nrpt->addresses[1]), "fd00::%u", 1 + random_below(3));
    nrpt->flags = random_below(2);
    return message;
}

static struct message wins(unsigned without, const struct adapter *adapter)
{
    struct message message = either(MESSAGE_ADD_WINS, MESSAGE_DELETE_WINS);
    if (without & WITHOUT_PROGRAMS)
        return name_servers(without, adapter);
    message.wins.interface.index = adapter->index;
    message.wins.address_count = 1 + random_below(2);
    message.wins.addresses[0] = server();
    message.wins.addresses[1] = server();
    return message;
}

/* Only the first adapter has a static address at first. */
static struct message dhcp_or_wins(unsigned without, const struct adapter *adapter)
{
    if (without & (WITHOUT_PROGRAMS | WITHOUT_DHCP) || adapter != &adapters[0] || random_one_in(2))
        return wins(without, adapter);
    return (struct message){
        .kind = MESSAGE_ENABLE_DHCP, .id = 7, .dhcp.interface.index = adapter->index};
}

static struct message row(unsigned without, const struct adapter *adapter)
{
    (void)without;
    return rows_random_request(adapter);
}

struct message random_request(enum scenario scenario, unsigned without,
                              const struct adapter *adapter)
{
    enum { CHOICES = 8 }; /* equally likely */
    static struct message (*const makers[SCENARIOS][CHOICES])(unsigned, const struct adapter *) = {
        [EVERYTHING] = {mtu, mtu, filters, name_servers, name_servers, dhcp_or_wins, rules, row},
        [ONE_MTU] = {mtu_of_ipv4, mtu_of_ipv4, mtu_of_ipv4, mtu_of_ipv4, mtu_of_ipv4, mtu_of_ipv4,
                     mtu_of_ipv4, name_servers},
        [KEYS_AND_ROWS] = {rules, rules, rules, name_servers, wins, dhcp_or_wins, row, row},
    };
    return makers[scenario][random_below(CHOICES)](without, adapter);
}
