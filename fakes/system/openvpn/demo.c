/* SPDX-License-Identifier: MIT */
/* The connection that is played without a test's control: a common set-up in which the server
 * redirects all traffic and pushes name servers, domains and block-outside-dns. The addresses are
 * those of the fakes' machine: adapter 2 is the tunnel, adapter 5 the wired network behind
 * 192.168.1.1. */
#include "openvpn.h"

#include "wire/message.h"

#include <stdio.h>

enum { TUNNEL = 2, WIRED = 5, ERROR_ROUTE_EXISTS = ERROR_OBJECT_ALREADY_EXISTS };

static const struct {
    const char *address;
    int prefix_length;
} addresses[] = {
    {"10.8.0.10", 24},
    {"fd00:8::1000", 64},
};

static const struct {
    uint32_t interface_index;
    const char *network;
    int prefix_length;
    const char *gateway;
} routes[] = {
    {WIRED, "203.0.113.1", 32, "192.168.1.1"}, /* the route to the VPN server */
    {TUNNEL, "0.0.0.0", 1, "10.8.0.1"},
    {TUNNEL, "128.0.0.0", 1, "10.8.0.1"},
    {TUNNEL, "10.99.0.0", 16, "10.8.0.1"}, /* exists already */
};

enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };

/* The routes that we have added, and so must delete. */
static bool made[ROUTES];

static int16_t parse_ip(const char *text, struct message_ip *ip)
{
    unsigned char parts[4];
    if (sscanf(text, "%hhu.%hhu.%hhu.%hhu", &parts[0], &parts[1], &parts[2], &parts[3]) == 4) {
        CopyMemory(ip->bytes, parts, sizeof(parts));
        return FAMILY_IPV4;
    }
    INT size = sizeof(struct sockaddr_storage);
    struct sockaddr_storage storage;
    wchar_t wide[64];
    MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, 64);
    if (WSAStringToAddressW(wide, AF_INET6, NULL, (struct sockaddr *)&storage, &size) == 0)
        CopyMemory(ip->bytes, (const char *)&storage + 8, sizeof(ip->bytes)); /* sin6_addr */
    return FAMILY_IPV6;
}

/* Sends a message as a 2.7 of this machine would. Returns the service's error, or the error of
 * sending. */
static uint32_t ask(struct message *message)
{
    struct message_layout layout = {.machine = sizeof(void *) == 8 ? MACHINE_X64 : MACHINE_X86,
                                    .machine_is_fixed = true,
                                    .dialect = DIALECT_2_7};
    uint8_t bytes[MESSAGE_MAX_SIZE], reply[MESSAGE_MAX_SIZE];
    size_t size = message_encode(&layout, message, bytes, sizeof(bytes));
    uint32_t error = channel_write(bytes, size);
    if (!error)
        error = channel_read(reply, sizeof(reply), INFINITE, &size);
    if (!error)
        error = message_decode(&layout, reply, size, message);
    return error ? error : (uint32_t)message->acknowledgement.error;
}

static uint32_t address(enum message_kind kind, size_t row)
{
    struct message message = {.kind = kind};
    message.address.family = parse_ip(addresses[row].address, &message.address.address);
    message.address.prefix_length = addresses[row].prefix_length;
    message.address.interface.index = TUNNEL;
    uint32_t error = ask(&message);
    log_line("INET%s address service: %s %s/%d%s", row ? "6" : "",
             kind == MESSAGE_ADD_ADDRESS ? "add" : "remove", addresses[row].address,
             addresses[row].prefix_length, error ? " failed" : "");
    return error;
}

static uint32_t route(enum message_kind kind, size_t row)
{
    struct message message = {.kind = kind};
    message.route.family = parse_ip(routes[row].network, &message.route.prefix);
    message.route.prefix_length = routes[row].prefix_length;
    parse_ip(routes[row].gateway, &message.route.gateway);
    message.route.interface.index = routes[row].interface_index;
    message.route.metric = -1;
    uint32_t error = ask(&message);
    log_line("Route %s via service %s", kind == MESSAGE_ADD_ROUTE ? "addition" : "deletion",
             !error                        ? "succeeded"
             : error == ERROR_ROUTE_EXISTS ? "failed because route exists"
                                           : "failed");
    return error;
}

/* ---- requests with a fixed content ---- */

#define TUNNEL_NAME "Local Area Connection 2"

static struct message mtu(void)
{
    return (struct message){
        .kind = MESSAGE_SET_MTU,
        .mtu = {.interface = {.index = TUNNEL}, .family = FAMILY_IPV4, .mtu = 1400}};
}

static struct message name_servers(void)
{
    struct message message = {
        .kind = MESSAGE_ADD_DNS,
        .dns = {.interface = {.index = TUNNEL, .name = TUNNEL_NAME}, .address_count = 2}};
    message.dns.family = parse_ip("10.8.0.1", &message.dns.addresses[0]);
    parse_ip("10.8.0.2", &message.dns.addresses[1]);
    return message;
}

static struct message split_dns(void)
{
    return (struct message){.kind = MESSAGE_ADD_NRPT,
                            .nrpt = {.interface = {.index = TUNNEL, .name = TUNNEL_NAME},
                                     .addresses = {"10.8.0.1", "10.8.0.2"},
                                     .resolve_domains = ".work.example\0.lab.example\0",
                                     .search_domains = "work.example"}};
}

static struct message block_outside_dns(void)
{
    enum { BLOCK_DNS = 2 };
    return (struct message){.kind = MESSAGE_ADD_WFP_BLOCK,
                            .wfp_block = {.flags = BLOCK_DNS, .interface = {.index = TUNNEL}}};
}

/* Requests between the addresses and the routes, in the real program's order. The MTU is not reset,
 * because Windows forgets it with the tunnel. */
static const struct {
    const char *what;
    struct message (*make)(void);
    enum message_kind delete;
} settings[] = {
    {"IPv4 dns servers", name_servers, MESSAGE_DELETE_DNS},
    {"IPv4 MTU", mtu, MESSAGE_KIND_COUNT},
    {"WFP block filters", block_outside_dns, MESSAGE_DELETE_WFP_BLOCK},
    {"DNS of the server's domains", split_dns, MESSAGE_DELETE_NRPT},
};

enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

static uint32_t setting(size_t row, bool is_set)
{
    struct message message = settings[row].make();
    if (!is_set)
        message.kind = settings[row].delete;
    uint32_t error = ask(&message);
    log_line("%s %s using service%s", settings[row].what, is_set ? "set" : "deleted",
             error ? " failed" : "");
    return error;
}

static uint32_t set_up(void)
{
    management_state("ASSIGN_IP,,10.8.0.10,,,,,fd00:8::1000");
    uint32_t error = 0;
    for (size_t i = 0; !error && i < sizeof(addresses) / sizeof(addresses[0]); i++)
        error = address(MESSAGE_ADD_ADDRESS, i);
    for (size_t i = 0; !error && i < SETTINGS; i++)
        error = setting(i, true);
    if (error)
        return error;
    management_state("ADD_ROUTES,,,,,,");
    for (size_t i = 0; !error && i < ROUTES; i++) {
        error = route(MESSAGE_ADD_ROUTE, i);
        made[i] = !error;
        if (error == ERROR_ROUTE_EXISTS)
            error = 0;
    }
    return error;
}

static void tear_down(void)
{
    for (size_t i = 0; i < ROUTES; i++) {
        if (made[i])
            route(MESSAGE_DELETE_ROUTE, i);
    }
    for (size_t i = SETTINGS; i-- > 0;) {
        if (settings[i].delete != MESSAGE_KIND_COUNT)
            setting(i, false);
    }
    for (size_t i = sizeof(addresses) / sizeof(addresses[0]); i-- > 0;)
        address(MESSAGE_DELETE_ADDRESS, i);
}

/* ---- the server ---- */

/* As the real program writes it for a client. */
static void write_question(const struct remote *remote, char *question, size_t capacity)
{
    const bool is_tcp = strncmp(remote->protocol, "tcp", 3) == 0;
    snprintf(question, capacity, "%s,%s,%s%s", remote->host, remote->port, remote->protocol,
             is_tcp && !strstr(remote->protocol, "client") ? "-client" : "");
}

enum server_choice { SERVER_CHOSEN, NO_SERVER, STOPPED };

/* Asks for each server of the configuration, beginning with the next one, until the client does not
 * skip it. Without the option, and without a server, there is none to ask for. */
static enum server_choice choose_server(const struct options *options, size_t *next)
{
    char question[256], answer[REMOTE_ANSWER];
    if (!options->query_remote || !options->remote_count)
        return SERVER_CHOSEN;
    for (size_t i = 0; i < options->remote_count; i++) {
        write_question(&options->remotes[(*next)++ % options->remote_count], question,
                       sizeof(question));
        if (!management_ask_remote(question, answer))
            return STOPPED;
        log_line("MANAGEMENT: remote %s for %s", answer, question);
        if (strcmp(answer, "SKIP") != 0)
            return SERVER_CHOSEN;
    }
    return NO_SERVER;
}

static int fail_for_good(const char *why)
{
    log_line("%s", why);
    management_fatal(why);
    return 1;
}

static void report_steps(void)
{
    static const char *const steps[] = {"WAIT,,,,,,", "AUTH,,,,,,", "GET_CONFIG,,,,,,"};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        management_state(steps[i]);
}

static void report_connected(void)
{
    management_state("CONNECTED,SUCCESS,10.8.0.10,203.0.113.1,1194,,");
    log_line("Initialization Sequence Completed");
}

/* The connection is lost and made again, while the adapter stays as it is. */
static enum server_choice play_losses(const struct options *options, size_t *next)
{
    for (unsigned i = 0; i < options->losses; i++) {
        management_state("RECONNECTING,ping-restart,,,,,");
        enum server_choice choice = choose_server(options, next);
        if (choice != SERVER_CHOSEN)
            return choice;
        report_steps();
        report_connected();
    }
    return SERVER_CHOSEN;
}

static int end_connection(const struct options *options)
{
    management_state("EXITING,SIGTERM,,,,,");
    if (options->channel)
        tear_down();
    log_line("SIGTERM[hard,] received, process exiting");
    return 0;
}

int demo_play(const struct options *options)
{
    HANDLE starts[] = {management_released, management_stopped};
    size_t next = 0;
    char why[64];
    if (WaitForMultipleObjects(2, starts, FALSE, INFINITE) != WAIT_OBJECT_0)
        return 0;
    enum server_choice choice = choose_server(options, &next);
    if (choice == STOPPED)
        return 0;
    if (choice == NO_SERVER)
        return fail_for_good("No usable connection profiles are present");
    management_state("CONNECTING,,,,,,");
    report_steps();
    uint32_t error = options->channel ? set_up() : 0;
    if (error) {
        snprintf(why, sizeof(why), "could not talk to service: error %lu", (unsigned long)error);
        return fail_for_good(why);
    }
    report_connected();
    choice = play_losses(options, &next);
    if (choice == NO_SERVER)
        return fail_for_good("No usable connection profiles are present");
    if (choice == SERVER_CHOSEN &&
        WaitForSingleObject(management_stopped, options->dies_after_ms) == WAIT_TIMEOUT)
        TerminateProcess(GetCurrentProcess(), 1);
    return end_connection(options);
}
