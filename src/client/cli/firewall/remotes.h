/* SPDX-License-Identifier: MIT */
/* remotes.h: the servers that an OpenVPN configuration names, in the way of openvpn 2.4 to 2.7.
 *
 * Where there are <connection> blocks with a `remote`, these count and those outside do not. A
 * block begins with what stands before it outside; a `remote` outside has what stands anywhere.
 * Without more, the port is 1194 and the protocol udp, of both families of addresses. Facts:
 * openvpn's options.c and its manual. */
#ifndef CLIENT_REMOTES_H
#define CLIENT_REMOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REMOTES_MAX = 64,       /* openvpn's own limit */
    REMOTE_HOST_BYTES = 256 /* the terminator included */
};

enum remote_proxy { PROXY_NONE, PROXY_HTTP, PROXY_SOCKS };

struct remote {
    char host[REMOTE_HOST_BYTES]; /* a name or an address, UTF-8 */
    uint16_t port;                /* host byte order */
    uint16_t family;              /* FAMILY_IPV4 or FAMILY_IPV6; 0: both */
    uint8_t protocol;             /* PROTOCOL_UDP or PROTOCOL_TCP */

    /* To whom openvpn sends instead, and who sends on. */
    enum remote_proxy proxy;
    char proxy_host[REMOTE_HOST_BYTES];
    uint16_t proxy_port;
};

struct remotes {
    size_t count;
    struct remote items[REMOTES_MAX];
};

/* What is wrong with a configuration. */
struct remotes_problem {
    const char *what;              /* such as "it names no server" */
    char about[REMOTE_HOST_BYTES]; /* the word that it is about, UTF-8; empty: none */
    size_t line;                   /* its number; 0: none */
};

/* Reads the `size` bytes of a configuration, and then options of openvpn's command line: `more` are
 * their words in UTF-8, of which each option begins with "--". Returns false, with *problem, if
 * openvpn would refuse what it says of servers, if it names none, or if this needs more than the
 * one file: `config` in it, or names that openvpn makes up (`remote-random-hostname`). */
bool remotes_read(const char *text, size_t size, const char *const more[], size_t more_count,
                  struct remotes *remotes, struct remotes_problem *problem);

/* Reads the name of a client's protocol as openvpn writes it, such as udp, tcp6 or tcp4-client.
 * Returns false if it is none. */
bool remote_read_protocol(const char *name, uint8_t *protocol, uint16_t *family);

#endif
