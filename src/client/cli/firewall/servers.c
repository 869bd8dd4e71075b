/* SPDX-License-Identifier: MIT */
#include "client/cli/firewall/servers.h"

#include "base/ip.h"
#include "base/numeric.h"
#include "firewall/filter.h"

#include <stdio.h>
#include <string.h>

/* Where openvpn sends to for a remote. */
struct target {
    const char *host;
    uint16_t port; /* 0: any */
    uint8_t protocol;
    uint16_t family;
};

static struct target target_of(const struct remote *remote)
{
    switch (remote->proxy) {
    case PROXY_HTTP:
        return (struct target){remote->proxy_host, remote->proxy_port, PROTOCOL_TCP, 0};
    case PROXY_SOCKS:
        return (struct target){remote->proxy_host, 0, 0, 0};
    default:
        return (struct target){remote->host, remote->port, remote->protocol, remote->family};
    }
}

static bool host_is_address(const char *host, struct ip *ip)
{
    char16_t units[REMOTE_HOST_BYTES];
    const size_t length = text_from_utf8(host, strlen(host), units, ARRAY_COUNT(units));
    return numeric_parse(units, length, ip);
}

/* ---- addresses ---- */

/* Adds an address to those of the server. `reason` is why none could have it. */
static enum servers_failure server_add(struct servers *servers, struct server *server,
                                       const struct gateway *gateway)
{
    struct gateways *gateways = &servers->gateways;
    size_t at = 0;
    if (gateways_add(gateways, gateway) != 0)
        return SERVERS_TOO_MANY;
    while (!gateway_equal(&gateways->items[at], gateway))
        at++;
    for (size_t i = 0; i < server->count; i++)
        if (server->gateways[i] == at)
            return SERVERS_FOUND;
    server->gateways[server->count++] = (uint8_t)at;
    return SERVERS_FOUND;
}

/* Judged as the service does. */
static bool gateway_is_usable(struct gateway *gateway, const char16_t **reason)
{
    char16_t units[GATEWAY_UNITS];
    struct text text = TEXT_ON(units);
    gateway_append(&text, gateway);
    return gateway_parse(units, text.length, gateway, reason) == 0;
}

static enum servers_failure server_add_all(struct servers *servers, struct server *server,
                                           const struct target *target, const struct ip ips[],
                                           size_t count, struct servers_problem *problem)
{
    for (size_t i = 0; i < count; i++) {
        struct gateway gateway = {ips[i], target->port, target->protocol};
        if (target->family && ips[i].family != target->family)
            problem->reason = u"The protocol does not go with this family of addresses";
        else if (gateway_is_usable(&gateway, &problem->reason) &&
                 server_add(servers, server, &gateway) != SERVERS_FOUND)
            return SERVERS_TOO_MANY;
    }
    return server->count ? SERVERS_FOUND : SERVERS_UNUSABLE;
}

static enum servers_failure server_keep_held(struct servers *servers, struct server *server,
                                             const struct target *target,
                                             const struct gateways *held)
{
    for (size_t i = 0; held && i < held->count; i++) {
        const struct gateway *gateway = &held->items[i];
        if (gateway->port != target->port || gateway->protocol != target->protocol ||
            (target->family && gateway->ip.family != target->family))
            continue;
        if (server_add(servers, server, gateway) != SERVERS_FOUND)
            return SERVERS_TOO_MANY;
    }
    if (!server->count)
        return SERVERS_UNRESOLVED;
    servers->held++;
    return SERVERS_FOUND;
}

static enum servers_failure server_resolve(struct servers *servers, size_t number,
                                           servers_resolver *resolve, void *context,
                                           const struct gateways *held,
                                           struct servers_problem *problem)
{
    const struct target target = target_of(&servers->remotes.items[number]);
    struct server *server = &servers->items[number];
    struct ip ips[GATEWAYS_MAX + 1]; /* one more than there may be */
    size_t count = 1;
    *problem = (struct servers_problem){.host = target.host};
    if (!host_is_address(target.host, &ips[0]))
        problem->code = resolve(context, target.host, target.family, ips, ARRAY_COUNT(ips), &count);
    if (problem->code || !count)
        return server_keep_held(servers, server, &target, held);
    return server_add_all(servers, server, &target, ips, count, problem);
}

enum servers_failure servers_resolve(struct servers *servers, servers_resolver *resolve,
                                     void *context, const struct gateways *held,
                                     struct servers_problem *problem)
{
    enum servers_failure failure = SERVERS_FOUND;
    servers->gateways.count = 0;
    servers->held = 0;
    memset(servers->items, 0, sizeof(servers->items));
    for (size_t i = 0; i < servers->remotes.count && failure == SERVERS_FOUND; i++)
        failure = server_resolve(servers, i, resolve, context, held, problem);
    return failure;
}

bool servers_have_proxy(const struct servers *servers)
{
    for (size_t i = 0; i < servers->remotes.count; i++)
        if (servers->remotes.items[i].proxy != PROXY_NONE)
            return true;
    return false;
}

/* ---- answers ---- */

/* Cuts the text at its last comma, and returns what stood behind it; NULL: there is none. */
static char *cut_last_field(char *text)
{
    char *comma = strrchr(text, ',');
    if (!comma)
        return NULL;
    *comma = '\0';
    return comma + 1;
}

/* Of several that look the same each has the same addresses. */
static struct server *server_asked_for(struct servers *servers, const char *question)
{
    char fields[REMOTE_HOST_BYTES + 64], port[8];
    uint8_t protocol;
    uint16_t family;
    if (strlen(question) >= sizeof(fields))
        return NULL;
    strcpy(fields, question);
    const char *protocol_field = cut_last_field(fields);
    const char *port_field = protocol_field ? cut_last_field(fields) : NULL;
    if (!port_field || !remote_read_protocol(protocol_field, &protocol, &family))
        return NULL;
    for (size_t i = 0; i < servers->remotes.count; i++) {
        const struct remote *remote = &servers->remotes.items[i];
        snprintf(port, sizeof(port), "%u", remote->port);
        if (strcmp(remote->host, fields) == 0 && strcmp(port, port_field) == 0 &&
            remote->protocol == protocol && remote->family == family)
            return &servers->items[i];
    }
    return NULL;
}

static void write_answer(const struct gateway *gateway, char command[ANSWER_BYTES])
{
    char16_t units[NUMERIC_CAPACITY];
    char address[NUMERIC_CAPACITY];
    struct text text = TEXT_ON(units);
    numeric_append(&text, &gateway->ip);
    snprintf(command, ANSWER_BYTES, "remote MOD %s %u\n",
             text_to_line(units, address, sizeof(address)), gateway->port);
}

enum servers_answer servers_answer(struct servers *servers, const char *question,
                                   char command[ANSWER_BYTES])
{
    struct server *server = server_asked_for(servers, question);
    struct ip ip;
    if (!server || !server->count) {
        strcpy(command, "remote SKIP\n");
        return ANSWER_SKIP;
    }
    const struct remote *remote = &servers->remotes.items[server - servers->items];
    if (host_is_address(remote->host, &ip)) {
        strcpy(command, "remote ACCEPT\n");
        return ANSWER_ACCEPT;
    }
    write_answer(&servers->gateways.items[server->gateways[server->next]], command);
    server->next = (server->next + 1) % server->count;
    return ANSWER_MODIFY;
}
