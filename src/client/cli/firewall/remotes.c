/* SPDX-License-Identifier: MIT */
#include "client/cli/firewall/remotes.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/ip.h"
#include "firewall/filter.h"
#include "policy/profile/reader.h"

#include <stdlib.h>
#include <string.h>

enum { PORT_DEFAULT = 1194, SOCKS_PORT_DEFAULT = 1080 };

/* A `remote` outside of a block. What it does not say is decided at the end of the configuration.
 */
struct remote_line {
    char host[REMOTE_HOST_BYTES];
    uint16_t port;    /* 0: not said */
    uint8_t protocol; /* likewise */
    uint16_t family;  /* likewise */
};

struct remotes_reader {
    struct remote outside, block;
    bool is_in_block;
    struct remote_line lines[REMOTES_MAX];
    size_t line_count;
    struct remotes *blocks;
    uint8_t only; /* of `proto-force`; 0: any protocol */
    size_t number;
    struct remotes_problem *problem;
};

static bool remotes_refuse(struct remotes_reader *reader, const char *what, const char *about)
{
    *reader->problem = (struct remotes_problem){.what = what, .line = reader->number};
    const size_t length = strlen(about), most = sizeof(reader->problem->about) - 1;
    memcpy(reader->problem->about, about, length < most ? length : most);
    return false;
}

/* ---- words ---- */

static const struct {
    const char *name;
    uint8_t protocol;
    uint16_t family;
} protocols[] = {
    {"udp", PROTOCOL_UDP, 0},
    {"udp4", PROTOCOL_UDP, FAMILY_IPV4},
    {"udp6", PROTOCOL_UDP, FAMILY_IPV6},
    {"tcp", PROTOCOL_TCP, 0},
    {"tcp4", PROTOCOL_TCP, FAMILY_IPV4},
    {"tcp6", PROTOCOL_TCP, FAMILY_IPV6},
    {"tcp-client", PROTOCOL_TCP, 0},
    {"tcp4-client", PROTOCOL_TCP, FAMILY_IPV4},
    {"tcp6-client", PROTOCOL_TCP, FAMILY_IPV6},
};

bool remote_read_protocol(const char *name, uint8_t *protocol, uint16_t *family)
{
    for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
        if (strcmp(protocols[i].name, name) != 0)
            continue;
        *protocol = protocols[i].protocol;
        *family = protocols[i].family;
        return true;
    }
    return false;
}

static bool remotes_take_protocol(struct remotes_reader *reader, const char *name,
                                  uint8_t *protocol, uint16_t *family)
{
    return remote_read_protocol(name, protocol, family) ||
           remotes_refuse(reader, "this is no protocol of a client", name);
}

static bool remotes_take_port(struct remotes_reader *reader, const char *digits, uint16_t *port)
{
    uint32_t number = 0;
    const char *digit = digits;
    for (; *digit >= '0' && *digit <= '9' && number <= UINT16_MAX; digit++)
        number = number * 10 + (uint32_t)(*digit - '0');
    if (*digit || number == 0 || number > UINT16_MAX)
        return remotes_refuse(reader, "a port is a number from 1 to 65535", digits);
    *port = (uint16_t)number;
    return true;
}

static bool remotes_take_host(struct remotes_reader *reader, const char *name,
                              char host[REMOTE_HOST_BYTES])
{
    if (!*name || strlen(name) >= REMOTE_HOST_BYTES)
        return remotes_refuse(reader, "this is no name of a server", name);
    strcpy(host, name);
    return true;
}

/* ---- options ---- */

/* `words` are what follows the name; those that are missing are NULL. */
typedef bool remotes_option(struct remotes_reader *reader, struct remote *into,
                            const char *const words[]);

static bool remotes_read_line(struct remotes_reader *reader, struct remote_line *line,
                              const char *const words[])
{
    *line = (struct remote_line){.port = 0};
    return remotes_take_host(reader, words[0], line->host) &&
           (!words[1] || remotes_take_port(reader, words[1], &line->port)) &&
           (!words[1] || !words[2] ||
            remotes_take_protocol(reader, words[2], &line->protocol, &line->family));
}

/* As openvpn has it, a protocol without a family leaves the family that was said elsewhere. */
static void remotes_apply_line(struct remote *into, const struct remote_line *line)
{
    strcpy(into->host, line->host);
    if (line->port)
        into->port = line->port;
    if (line->protocol)
        into->protocol = line->protocol;
    if (line->family)
        into->family = line->family;
}

static bool option_remote(struct remotes_reader *reader, struct remote *into,
                          const char *const words[])
{
    struct remote_line line;
    if (!remotes_read_line(reader, &line, words))
        return false;
    if (reader->is_in_block) {
        remotes_apply_line(into, &line);
        return true;
    }
    if (reader->line_count == REMOTES_MAX)
        return remotes_refuse(reader, "openvpn takes 64 servers at most", words[0]);
    reader->lines[reader->line_count++] = line;
    return true;
}

static bool option_port(struct remotes_reader *reader, struct remote *into,
                        const char *const words[])
{
    return remotes_take_port(reader, words[0], &into->port);
}

static bool option_proto(struct remotes_reader *reader, struct remote *into,
                         const char *const words[])
{
    return remotes_take_protocol(reader, words[0], &into->protocol, &into->family);
}

static bool option_proto_force(struct remotes_reader *reader, struct remote *into,
                               const char *const words[])
{
    uint16_t family;
    (void)into;
    return remotes_take_protocol(reader, words[0], &reader->only, &family);
}

/* If there are both, openvpn uses the one of HTTP. */
static bool option_http_proxy(struct remotes_reader *reader, struct remote *into,
                              const char *const words[])
{
    into->proxy = PROXY_HTTP;
    if (!words[1])
        return remotes_refuse(reader, "http-proxy needs a port", words[0]);
    return remotes_take_host(reader, words[0], into->proxy_host) &&
           remotes_take_port(reader, words[1], &into->proxy_port);
}

static bool option_socks_proxy(struct remotes_reader *reader, struct remote *into,
                               const char *const words[])
{
    if (into->proxy == PROXY_HTTP)
        return true;
    into->proxy = PROXY_SOCKS;
    into->proxy_port = SOCKS_PORT_DEFAULT;
    return remotes_take_host(reader, words[0], into->proxy_host) &&
           (!words[1] || remotes_take_port(reader, words[1], &into->proxy_port));
}

static bool option_random_hostname(struct remotes_reader *reader, struct remote *into,
                                   const char *const words[])
{
    (void)into;
    (void)words;
    return remotes_refuse(
        reader,
        "openvpn makes up the names of servers itself, so that no one can resolve "
        "them before",
        "remote-random-hostname");
}

static bool option_config(struct remotes_reader *reader, struct remote *into,
                          const char *const words[])
{
    (void)into;
    return remotes_refuse(reader, "it takes in another file, which is not read here", words[0]);
}

static const struct {
    const char *name;
    size_t least; /* words behind the name */
    remotes_option *run;
} remotes_options[] = {
    {"remote", 1, option_remote},
    {"port", 1, option_port},
    {"rport", 1, option_port},
    {"proto", 1, option_proto},
    {"proto-force", 1, option_proto_force},
    {"http-proxy", 1, option_http_proxy},
    {"socks-proxy", 1, option_socks_proxy},
    {"remote-random-hostname", 0, option_random_hostname},
    {"config", 1, option_config},
};

/* `words` are the name, without dashes, and what follows, with NULL behind the last. */
static bool remotes_take_option(struct remotes_reader *reader, const char *const words[])
{
    struct remote *into = reader->is_in_block ? &reader->block : &reader->outside;
    /* The rest is an option that older versions may ignore. */
    if (strcmp(words[0], "setenv") == 0 && words[1] && strcmp(words[1], "opt") == 0 && words[2])
        words += 2;
    for (size_t i = 0; i < ARRAY_COUNT(remotes_options); i++) {
        if (strcmp(remotes_options[i].name, words[0]) != 0)
            continue;
        if (remotes_options[i].least && !words[1])
            return remotes_refuse(reader, "a value is missing", words[0]);
        return remotes_options[i].run(reader, into, words + 1);
    }
    return true;
}

/* ---- the text ---- */

static bool remotes_end_block(struct remotes_reader *reader)
{
    reader->is_in_block = false;
    if (!*reader->block.host)
        return true;
    if (reader->blocks->count == REMOTES_MAX)
        return remotes_refuse(reader, "openvpn takes 64 servers at most", reader->block.host);
    reader->blocks->items[reader->blocks->count++] = reader->block;
    return true;
}

static bool remotes_take_items(struct remotes_reader *reader, struct profile_reader *profile);

/* Inline files say nothing of servers. */
static bool remotes_take_block(struct remotes_reader *reader, const struct profile_item *item)
{
    struct profile_reader inside = profile_reader_enter(item);
    if (reader->is_in_block || strcmp(item->line.words[0], "connection") != 0)
        return true;
    reader->block = reader->outside;
    reader->is_in_block = true;
    return remotes_take_items(reader, &inside) && remotes_end_block(reader);
}

static bool remotes_take_items(struct remotes_reader *reader, struct profile_reader *profile)
{
    struct profile_item item;
    profile->takes_any_content = true;
    while (profile_reader_next(profile, &item) != PROFILE_END) {
        reader->number = item.number;
        if (item.kind == PROFILE_BAD_LINE)
            return remotes_refuse(reader, item.problem, "");
        if (item.kind == PROFILE_DIRECTIVE ? !remotes_take_option(reader, item.line.words)
                                           : !remotes_take_block(reader, &item))
            return false;
    }
    return true;
}

static bool remotes_take_text(struct remotes_reader *reader, const char *text, size_t size)
{
    struct profile_reader profile = profile_reader_begin(text, size);
    const bool is_taken = remotes_take_items(reader, &profile);
    reader->number = 0;
    return is_taken;
}

static bool remotes_take_command_line(struct remotes_reader *reader, const char *const more[],
                                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *words[PROFILE_WORDS + 1] = {NULL};
        if (strncmp(more[i], "--", 2) != 0)
            continue;
        words[0] = more[i] + 2;
        for (size_t w = 1; w < PROFILE_WORDS && i + w < count && strncmp(more[i + w], "--", 2); w++)
            words[w] = more[i + w];
        if (!remotes_take_option(reader, words))
            return false;
    }
    return true;
}

/* ---- the whole ---- */

static void remotes_add(struct remotes *remotes, const struct remote *remote, uint8_t only)
{
    if (!only || remote->protocol == only)
        remotes->items[remotes->count++] = *remote;
}

static bool remotes_collect(struct remotes_reader *reader, struct remotes *remotes)
{
    const struct remotes *blocks = reader->blocks;
    remotes->count = 0;
    for (size_t i = 0; i < blocks->count; i++)
        remotes_add(remotes, &blocks->items[i], reader->only);
    for (size_t i = 0; i < reader->line_count && !blocks->count; i++) {
        struct remote remote = reader->outside;
        remotes_apply_line(&remote, &reader->lines[i]);
        remotes_add(remotes, &remote, reader->only);
    }
    return remotes->count || remotes_refuse(reader, "it names no server to connect to", "");
}

bool remotes_read(const char *text, size_t size, const char *const more[], size_t more_count,
                  struct remotes *remotes, struct remotes_problem *problem)
{
    CLEANUP_FREE struct remotes_reader *reader = calloc(1, sizeof(*reader));
    CLEANUP_FREE struct remotes *blocks = calloc(1, sizeof(*blocks));
    if (!reader || !blocks) {
        *problem = (struct remotes_problem){.what = "there is not enough memory"};
        return false;
    }
    reader->outside = (struct remote){.port = PORT_DEFAULT, .protocol = PROTOCOL_UDP};
    reader->blocks = blocks;
    reader->problem = problem;
    return remotes_take_text(reader, text, size) &&
           remotes_take_command_line(reader, more, more_count) && remotes_collect(reader, remotes);
}
