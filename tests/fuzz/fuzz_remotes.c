/* SPDX-License-Identifier: MIT */
/* The servers of a configuration: any bytes, and what openvpn would ask for each of them. */
#include "tests/fuzz/fuzz.h"
#include "client/cli/firewall/servers.h"
#include "firewall/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each name has an address of its own, so that an answer tells for whom it is. */
static uint32_t resolve_by_length(void *context, const char *host, uint16_t family, struct ip ips[],
                                  size_t capacity, size_t *count)
{
    (void)context;
    FUZZ_REQUIRE(capacity > GATEWAYS_MAX);
    ips[0] = (struct ip){.family = family ? family : FAMILY_IPV4};
    ips[0].bytes[0] = 10;
    ips[0].bytes[1] = (uint8_t)strlen(host);
    *count = 1;
    return 0;
}

static void check_remote(const struct remote *remote)
{
    FUZZ_REQUIRE(memchr(remote->host, 0, sizeof(remote->host)) && *remote->host);
    FUZZ_REQUIRE(remote->port);
    FUZZ_REQUIRE(remote->protocol == PROTOCOL_TCP || remote->protocol == PROTOCOL_UDP);
    FUZZ_REQUIRE(remote->proxy == PROXY_NONE || (*remote->proxy_host && remote->proxy_port));
}

/* What was read is never unknown when openvpn asks for it. */
static void check_answer(struct servers *servers, const struct remote *remote)
{
    char question[REMOTE_HOST_BYTES + 32], command[ANSWER_BYTES];
    const char *protocol = remote->protocol == PROTOCOL_TCP ? "tcp" : "udp";
    const char *family = remote->family ? remote->family == FAMILY_IPV4 ? "4" : "6" : "";
    snprintf(question, sizeof(question), "%s,%u,%s%s", remote->host, remote->port, protocol,
             family);
    FUZZ_REQUIRE(servers_answer(servers, question, command) != ANSWER_SKIP);
    FUZZ_REQUIRE(command[strlen(command) - 1] == '\n');
    FUZZ_REQUIRE(strchr(command, '\n') == command + strlen(command) - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct servers servers;
    struct remotes_problem problem;
    struct servers_problem unresolved;
    char question[ANSWER_BYTES], command[ANSWER_BYTES];
    if (!remotes_read((const char *)data, size, NULL, 0, &servers.remotes, &problem)) {
        FUZZ_REQUIRE(problem.what);
        FUZZ_REQUIRE(memchr(problem.about, 0, sizeof(problem.about)));
        return 0;
    }
    FUZZ_REQUIRE(servers.remotes.count > 0 && servers.remotes.count <= REMOTES_MAX);
    for (size_t i = 0; i < servers.remotes.count; i++)
        check_remote(&servers.remotes.items[i]);
    if (servers_resolve(&servers, resolve_by_length, NULL, NULL, &unresolved) != SERVERS_FOUND)
        return 0;
    for (size_t i = 0; i < servers.remotes.count; i++)
        check_answer(&servers, &servers.remotes.items[i]);
    snprintf(question, sizeof(question), "%.*s", (int)size, (const char *)data);
    servers_answer(&servers, question, command);
    return 0;
}
