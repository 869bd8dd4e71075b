/* SPDX-License-Identifier: MIT */
/* servers.h: the addresses of a configuration's servers: what the kill switch must let openvpn.exe
 * reach, and what openvpn gets for an answer when it asks where to connect.
 *
 * Names are resolved before the kill switch blocks; afterwards nobody can. Portable: who resolves
 * is passed in. */
#ifndef CLIENT_SERVERS_H
#define CLIENT_SERVERS_H

#include "client/cli/firewall/remotes.h"
#include "firewall/gateway.h"

struct server {
    size_t count;                   /* of its addresses; 0 behind a proxy */
    uint8_t gateways[GATEWAYS_MAX]; /* which of them they are */
    size_t next;                    /* the one of the next answer */
};

/* remotes.items[i] has the addresses of items[i]. */
struct servers {
    struct remotes remotes;
    struct gateways gateways; /* of all of them, each once */
    struct server items[REMOTES_MAX];
    size_t held; /* how many have kept the addresses that they had, because no others were found */
};

/* Resolves `host` (UTF-8) to addresses of `family`, 0 for both, in the order in which they should
 * be tried: *count of them, `capacity` at most. Returns 0 or an error code of Winsock. */
typedef uint32_t servers_resolver(void *context, const char *host, uint16_t family, struct ip ips[],
                                  size_t capacity, size_t *count);

enum servers_failure {
    SERVERS_FOUND,
    SERVERS_UNRESOLVED, /* `code` is the resolver's */
    SERVERS_UNUSABLE,   /* no server has this address: `reason`, a sentence without a full stop */
    SERVERS_TOO_MANY    /* more than GATEWAYS_MAX addresses */
};

struct servers_problem {
    const char *host; /* of the remote or of its proxy; in servers->remotes */
    uint32_t code;
    const char16_t *reason;
};

/* Finds the addresses of servers->remotes; the other members need not be initialised. A server
 * behind a proxy has its proxy's: of HTTP with port and TCP, of SOCKS with any port, because such a
 * proxy tells only later where it takes UDP. `held` (NULL: none) are gateways in force: a name that
 * can't be resolved now keeps those of them that have its port and protocol. */
enum servers_failure servers_resolve(struct servers *servers, servers_resolver *resolve,
                                     void *context, const struct gateways *held,
                                     struct servers_problem *problem);

/* Whether one of them is reached through a proxy. */
bool servers_have_proxy(const struct servers *servers);

/* What openvpn gets for an answer. */
enum servers_answer {
    ANSWER_ACCEPT, /* the address that it has */
    ANSWER_MODIFY, /* an address for the name, each time the next one */
    ANSWER_SKIP    /* the configuration did not name this server when names were resolved */
};

enum { ANSWER_BYTES = 96 };

/* Answers openvpn's `question`, "host,port,protocol": writes the command with its line end,
 * zero-terminated. */
enum servers_answer servers_answer(struct servers *servers, const char *question,
                                   char command[ANSWER_BYTES]);

#endif
