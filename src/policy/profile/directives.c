/* SPDX-License-Identifier: MIT */
#include "policy/profile/directives.h"

#include "base/array.h"

#include <string.h>

/* What a row is made of. Each is a piece of the table and nothing else. */
#define ALLOWED(...)  .rule = DIRECTIVE_ALLOWED, .arguments = {__VA_ARGS__}
#define LEFT_OUT(why) .rule = DIRECTIVE_LEFT_OUT, .reason = (why)
#define REFUSED(why)  .rule = DIRECTIVE_REFUSED, .reason = (why)
#define FLAG          .rule = DIRECTIVE_ALLOWED
#define NUMBER(from, to)                                                                           \
    {                                                                                              \
        .kind = ARGUMENT_NUMBER, .least = (from), .most = (to)                                     \
    }
#define COUNT NUMBER(0, INT32_MAX)
#define PORT  NUMBER(1, 65535)
#define WORD(list)                                                                                 \
    {                                                                                              \
        .kind = ARGUMENT_WORD, .words = (list)                                                     \
    }
#define LOCAL_FILE                                                                                 \
    {                                                                                              \
        .kind = ARGUMENT_FILE                                                                      \
    }
#define LOGIN_FILE(list)                                                                           \
    {                                                                                              \
        .kind = ARGUMENT_LOGIN_FILE, .words = (list)                                               \
    }
#define ADDRESS                                                                                    \
    {                                                                                              \
        .kind = ARGUMENT_ADDRESS                                                                   \
    }
#define NAME                                                                                       \
    {                                                                                              \
        .kind = ARGUMENT_NAME                                                                      \
    }
#define TEXT                                                                                       \
    {                                                                                              \
        .kind = ARGUMENT_TEXT                                                                      \
    }
#define VARIABLE(list)                                                                             \
    {                                                                                              \
        .kind = ARGUMENT_VARIABLE, .words = (list)                                                 \
    }
#define PROTOCOLS      "udp udp4 udp6 tcp tcp4 tcp6 tcp-client tcp4-client tcp6-client"
#define VARIABLES      "UV_* IV_* CLIENT_CERT FRIENDLY_NAME PUSH_PEER_INFO SERVER_POLL_TIMEOUT"
#define REDIRECT_FLAGS "local autolocal def1 bypass-dhcp bypass-dns block-local ipv6 !ipv4"

#define IN_CONNECTION        .flags = DIRECTIVE_IN_CONNECTION
#define INLINE               .flags = DIRECTIVE_INLINE
#define INLINE_IN_CONNECTION .flags = DIRECTIVE_INLINE | DIRECTIVE_IN_CONNECTION
#define REPEATS              .flags = DIRECTIVE_REPEATS
#define PREFIX               .flags = DIRECTIVE_PREFIX
#define NEEDS(count)         .least = (count)

static const char RUNS[] = "it runs a program or loads code into openvpn";
static const char FILES[] = "it makes openvpn read or write other files";
static const char SERVER[] = "it is for servers";
static const char MANAGEMENT[] = "it takes over how openvpn is controlled";
static const char SYSTEM[] = "it changes how openvpn runs on this computer";
static const char COMMAND[] = "it is a command of its own, not a part of a profile";
static const char ELSEWHERE[] = "it has no meaning on Windows";
static const char SERVICE[] = "the service decides on it";

/* By subject, in the order of openvpn's manual. */
const struct directive directives[] = {
    /* the server */
    {"client", FLAG},
    {"remote", ALLOWED(ADDRESS, PORT, WORD(PROTOCOLS)), NEEDS(1), IN_CONNECTION},
    {"remote-random", FLAG},
    {"remote-random-hostname", FLAG},
    {"proto", ALLOWED(WORD(PROTOCOLS)), NEEDS(1), IN_CONNECTION},
    {"proto-force", ALLOWED(WORD("udp tcp")), NEEDS(1)},
    {"port", ALLOWED(PORT), NEEDS(1), IN_CONNECTION},
    {"rport", ALLOWED(PORT), NEEDS(1), IN_CONNECTION},
    {"lport", ALLOWED(NUMBER(0, 65535)), NEEDS(1), IN_CONNECTION},
    {"local", ALLOWED(ADDRESS), NEEDS(1), IN_CONNECTION},
    {"bind", ALLOWED(WORD("ipv6only")), IN_CONNECTION},
    {"nobind", FLAG, IN_CONNECTION},
    {"float", FLAG, IN_CONNECTION},
    {"resolv-retry", ALLOWED(NAME), NEEDS(1)},
    {"connect-retry", ALLOWED(COUNT, COUNT), NEEDS(1), IN_CONNECTION},
    {"connect-retry-max", ALLOWED(NAME), NEEDS(1), IN_CONNECTION},
    {"connect-timeout", ALLOWED(COUNT), NEEDS(1), IN_CONNECTION},
    {"server-poll-timeout", ALLOWED(COUNT), NEEDS(1), IN_CONNECTION},
    {"explicit-exit-notify", ALLOWED(COUNT), IN_CONNECTION},
    {"mode", ALLOWED(WORD("p2p")), NEEDS(1)},

    /* proxies */
    {"http-proxy",
     ALLOWED(ADDRESS, PORT, LOGIN_FILE("auto auto-nct none stdin"), WORD("none basic ntlm ntlm2")),
     NEEDS(2), IN_CONNECTION},
    {"http-proxy-option", ALLOWED(WORD("VERSION AGENT CUSTOM-HEADER EXT1 EXT2"), TEXT, TEXT),
     NEEDS(2), IN_CONNECTION},
    {"http-proxy-user-pass", ALLOWED(LOCAL_FILE), NEEDS(1), INLINE},
    {"http-proxy-retry", FLAG, IN_CONNECTION},
    {"http-proxy-timeout", ALLOWED(COUNT), NEEDS(1), IN_CONNECTION},
    {"socks-proxy", ALLOWED(ADDRESS, PORT, LOGIN_FILE("stdin")), NEEDS(1), IN_CONNECTION},
    {"socks-proxy-retry", FLAG, IN_CONNECTION},

    /* authentication */
    {"auth-user-pass", ALLOWED(LOCAL_FILE), INLINE},
    {"auth-retry", ALLOWED(WORD("none nointeract interact")), NEEDS(1)},
    {"auth-nocache", FLAG},
    {"auth-token", ALLOWED(TEXT), NEEDS(1)},
    {"auth-token-user", ALLOWED(TEXT), NEEDS(1)},
    {"static-challenge", ALLOWED(TEXT, NUMBER(0, 1), WORD("scrv1 concat")), NEEDS(2)},
    {"askpass", ALLOWED(LOCAL_FILE)},
    {"push-peer-info", FLAG},

    /* keys and certificates */
    {"ca", ALLOWED(LOCAL_FILE), NEEDS(1), INLINE},
    {"cert", ALLOWED(LOCAL_FILE), NEEDS(1), INLINE},
    {"key", ALLOWED(LOCAL_FILE), NEEDS(1), INLINE},
    {"extra-certs", ALLOWED(LOCAL_FILE), NEEDS(1), INLINE},
    {"pkcs12", ALLOWED(LOCAL_FILE), NEEDS(1), INLINE},
    {"dh", ALLOWED(LOCAL_FILE), NEEDS(1), INLINE},
    {"crl-verify", ALLOWED(LOCAL_FILE), NEEDS(1), INLINE},
    {"secret", ALLOWED(LOCAL_FILE, NUMBER(0, 1)), NEEDS(1), INLINE},
    {"tls-auth", ALLOWED(LOCAL_FILE, NUMBER(0, 1)), NEEDS(1), INLINE_IN_CONNECTION},
    {"tls-crypt", ALLOWED(LOCAL_FILE), NEEDS(1), INLINE_IN_CONNECTION},
    {"tls-crypt-v2", ALLOWED(LOCAL_FILE), NEEDS(1), INLINE_IN_CONNECTION},
    {"key-direction", ALLOWED(NUMBER(0, 1)), NEEDS(1), IN_CONNECTION},
    {"cryptoapicert", ALLOWED(TEXT), NEEDS(1)},
    {"verify-hash", ALLOWED(NAME, NAME), NEEDS(1), INLINE},
    {"peer-fingerprint", ALLOWED(NAME), NEEDS(1), INLINE},
    {"verify-x509-name", ALLOWED(TEXT, WORD("subject name name-prefix")), NEEDS(1)},
    {"x509-username-field", ALLOWED(NAME), NEEDS(1), REPEATS},
    {"remote-cert-tls", ALLOWED(WORD("server client")), NEEDS(1)},
    {"remote-cert-ku", ALLOWED(NAME), REPEATS},
    {"remote-cert-eku", ALLOWED(TEXT), NEEDS(1)},
    {"ns-cert-type", ALLOWED(WORD("server client")), NEEDS(1)},

    /* the control channel */
    {"tls-client", FLAG},
    {"tls-cipher", ALLOWED(NAME), NEEDS(1)},
    {"tls-ciphersuites", ALLOWED(NAME), NEEDS(1)},
    {"tls-groups", ALLOWED(NAME), NEEDS(1)},
    {"tls-cert-profile", ALLOWED(WORD("insecure legacy preferred suiteb")), NEEDS(1)},
    {"tls-version-min", ALLOWED(WORD("1.0 1.1 1.2 1.3"), WORD("or-highest")), NEEDS(1)},
    {"tls-version-max", ALLOWED(WORD("1.0 1.1 1.2 1.3")), NEEDS(1)},
    {"ecdh-curve", ALLOWED(NAME), NEEDS(1)},
    {"tls-timeout", ALLOWED(COUNT), NEEDS(1)},
    {"tls-exit", FLAG},
    {"single-session", FLAG},
    {"hand-window", ALLOWED(COUNT), NEEDS(1)},
    {"tran-window", ALLOWED(COUNT), NEEDS(1)},
    {"reneg-sec", ALLOWED(COUNT, COUNT), NEEDS(1)},
    {"reneg-bytes", ALLOWED(COUNT), NEEDS(1)},
    {"reneg-pkts", ALLOWED(COUNT), NEEDS(1)},
    {"key-method", ALLOWED(NUMBER(1, 2)), NEEDS(1)},
    {"compat-mode", ALLOWED(NAME), NEEDS(1)},

    /* the data channel */
    {"cipher", ALLOWED(NAME), NEEDS(1)},
    {"data-ciphers", ALLOWED(NAME), NEEDS(1)},
    {"data-ciphers-fallback", ALLOWED(NAME), NEEDS(1)},
    {"ncp-ciphers", ALLOWED(NAME), NEEDS(1)},
    {"ncp-disable", FLAG},
    {"auth", ALLOWED(NAME), NEEDS(1)},
    {"keysize", ALLOWED(COUNT), NEEDS(1)},
    {"prng", ALLOWED(NAME, COUNT), NEEDS(1)},
    {"use-prediction-resistance", FLAG},
    {"no-replay", FLAG},
    {"replay-window", ALLOWED(COUNT, COUNT)},
    {"mute-replay-warnings", FLAG},
    {"comp-lzo", ALLOWED(WORD("yes no adaptive"))},
    {"comp-noadapt", FLAG},
    {"compress", ALLOWED(WORD("stub stub-v2 lzo lz4 lz4-v2 migrate"))},
    {"allow-compression", ALLOWED(WORD("yes no asym")), NEEDS(1)},

    /* timers */
    {"keepalive", ALLOWED(COUNT, COUNT), NEEDS(2)},
    {"ping", ALLOWED(COUNT), NEEDS(1)},
    {"ping-exit", ALLOWED(COUNT), NEEDS(1)},
    {"ping-restart", ALLOWED(COUNT), NEEDS(1)},
    {"ping-timer-rem", FLAG},
    {"inactive", ALLOWED(COUNT, COUNT), NEEDS(1)},
    {"session-timeout", ALLOWED(COUNT), NEEDS(1)},
    {"persist-tun", FLAG},
    {"persist-key", FLAG},
    {"persist-local-ip", FLAG},
    {"persist-remote-ip", FLAG},
    {"remap-usr1", ALLOWED(WORD("SIGHUP SIGTERM")), NEEDS(1)},

    /* sizes and buffers */
    {"tun-mtu", ALLOWED(COUNT, COUNT), NEEDS(1), IN_CONNECTION},
    {"tun-mtu-extra", ALLOWED(COUNT), NEEDS(1), IN_CONNECTION},
    {"tun-mtu-max", ALLOWED(COUNT), NEEDS(1), IN_CONNECTION},
    {"link-mtu", ALLOWED(COUNT), NEEDS(1), IN_CONNECTION},
    {"udp-mtu", ALLOWED(COUNT), NEEDS(1), IN_CONNECTION},
    {"max-packet-size", ALLOWED(COUNT), NEEDS(1), IN_CONNECTION},
    {"mssfix", ALLOWED(COUNT, WORD("mtu fixed")), IN_CONNECTION},
    {"fragment", ALLOWED(COUNT, WORD("mtu")), NEEDS(1), IN_CONNECTION},
    {"mtu-disc", ALLOWED(WORD("no maybe yes")), NEEDS(1), IN_CONNECTION},
    {"mtu-test", FLAG},
    {"sndbuf", ALLOWED(COUNT), NEEDS(1)},
    {"rcvbuf", ALLOWED(COUNT), NEEDS(1)},
    {"socket-flags", ALLOWED(WORD("TCP_NODELAY")), NEEDS(1)},
    {"shaper", ALLOWED(COUNT), NEEDS(1)},
    {"fast-io", FLAG},

    /* the adapter and its addresses */
    {"dev", ALLOWED(NAME), NEEDS(1)},
    {"dev-type", ALLOWED(WORD("tun tap")), NEEDS(1)},
    {"dev-node", ALLOWED(TEXT), NEEDS(1)},
    {"windows-driver", ALLOWED(WORD("wintun tap-windows6 ovpn-dco")), NEEDS(1)},
    {"disable-dco", FLAG},
    {"topology", ALLOWED(WORD("net30 p2p subnet")), NEEDS(1)},
    {"tun-ipv6", FLAG},
    {"ifconfig", ALLOWED(ADDRESS, ADDRESS), NEEDS(2)},
    {"ifconfig-ipv6", ALLOWED(ADDRESS, ADDRESS), NEEDS(1)},
    {"ifconfig-noexec", FLAG},
    {"ifconfig-nowarn", FLAG},
    {"ip-win32", ALLOWED(WORD("manual netsh ipapi dynamic adaptive"), NUMBER(0, 255), COUNT),
     NEEDS(1)},
    {"tap-sleep", ALLOWED(NUMBER(0, 255)), NEEDS(1)},
    {"dhcp-renew", FLAG},
    {"dhcp-release", FLAG},
    {"dhcp-pre-release", FLAG},

    /* routes and names */
    {"route", ALLOWED(ADDRESS, ADDRESS, ADDRESS, NAME), NEEDS(1)},
    {"route-ipv6", ALLOWED(ADDRESS, ADDRESS, NAME), NEEDS(1)},
    {"route-gateway", ALLOWED(ADDRESS), NEEDS(1)},
    {"route-ipv6-gateway", ALLOWED(ADDRESS), NEEDS(1)},
    {"route-metric", ALLOWED(COUNT), NEEDS(1)},
    {"route-delay", ALLOWED(COUNT, COUNT)},
    {"route-nopull", FLAG},
    {"route-noexec", FLAG},
    {"max-routes", ALLOWED(COUNT), NEEDS(1)},
    {"allow-pull-fqdn", FLAG},
    {"allow-recursive-routing", FLAG},
    {"redirect-gateway", ALLOWED(WORD(REDIRECT_FLAGS)), REPEATS},
    {"redirect-private", ALLOWED(WORD(REDIRECT_FLAGS)), REPEATS},
    {"block-ipv6", FLAG},
    {"client-nat", ALLOWED(WORD("snat dnat"), ADDRESS, ADDRESS, ADDRESS), NEEDS(4)},
    {"dhcp-option", ALLOWED(NAME, TEXT), NEEDS(1)},
    {"dns", ALLOWED(WORD("search-domains server"), ADDRESS), NEEDS(2), REPEATS},
    {"register-dns", FLAG},
    {"block-outside-dns", FLAG},
    {"pull", FLAG},
    {"pull-filter", ALLOWED(WORD("accept ignore reject"), TEXT), NEEDS(2)},

    /* what openvpn says, and what it may not know */
    {"verb", ALLOWED(NUMBER(0, 11)), NEEDS(1)},
    {"mute", ALLOWED(COUNT), NEEDS(1)},
    {"machine-readable-output", FLAG},
    {"suppress-timestamps", FLAG},
    {"echo", ALLOWED(TEXT), REPEATS},
    {"script-security", ALLOWED(NUMBER(0, 1)), NEEDS(1)},
    {"setenv", ALLOWED(VARIABLE(VARIABLES), TEXT), NEEDS(1)},
    {"setenv-safe", ALLOWED(NAME, TEXT), NEEDS(1)},
    {"ignore-unknown-option", ALLOWED(NAME), NEEDS(1), REPEATS},

    /* left out */
    {"user", LEFT_OUT(ELSEWHERE)},
    {"group", LEFT_OUT(ELSEWHERE)},
    {"nice", LEFT_OUT(ELSEWHERE)},
    {"mlock", LEFT_OUT(ELSEWHERE)},
    {"mark", LEFT_OUT(ELSEWHERE)},
    {"multihome", LEFT_OUT(ELSEWHERE)},
    {"txqueuelen", LEFT_OUT(ELSEWHERE)},
    {"route-method", LEFT_OUT(SERVICE)},
    {"show-net-up", LEFT_OUT("it fills the log")},
    {"up-delay", LEFT_OUT("it does nothing without a program that is run")},
    {"up-restart", LEFT_OUT("it does nothing without a program that is run")},
    {"down-pre", LEFT_OUT("it does nothing without a program that is run")},

    /* programs and code */
    {"plugin", REFUSED(RUNS)},
    {"up", REFUSED(RUNS)},
    {"down", REFUSED(RUNS)},
    {"route-up", REFUSED(RUNS)},
    {"route-pre-down", REFUSED(RUNS)},
    {"ipchange", REFUSED(RUNS)},
    {"tls-verify", REFUSED(RUNS)},
    {"auth-user-pass-verify", REFUSED(RUNS)},
    {"client-connect", REFUSED(RUNS)},
    {"client-disconnect", REFUSED(RUNS)},
    {"client-crresponse", REFUSED(RUNS)},
    {"learn-address", REFUSED(RUNS)},
    {"tls-crypt-v2-verify", REFUSED(RUNS)},
    {"dns-updown", REFUSED(RUNS)},
    {"engine", REFUSED(RUNS)},
    {"providers", REFUSED(RUNS)},
    {"pkcs11-", REFUSED(RUNS), PREFIX},
    {"iproute", REFUSED(RUNS)},
    {"win-sys", REFUSED(RUNS)},

    /* files */
    {"config", REFUSED(FILES)},
    {"log", REFUSED(FILES)},
    {"log-append", REFUSED(FILES)},
    {"status", REFUSED(FILES)},
    {"status-version", REFUSED(FILES)},
    {"writepid", REFUSED(FILES)},
    {"cd", REFUSED(FILES)},
    {"chroot", REFUSED(FILES)},
    {"tmp-dir", REFUSED(FILES)},
    {"capath", REFUSED(FILES)},
    {"replay-persist", REFUSED(FILES)},
    {"tls-export-cert", REFUSED(FILES)},
    {"memstats", REFUSED(FILES)},
    {"genkey", REFUSED(FILES)},

    /* the management interface, and how openvpn runs */
    {"management", REFUSED(MANAGEMENT), PREFIX},
    {"service", REFUSED(MANAGEMENT)},
    {"msg-channel", REFUSED(MANAGEMENT)},
    {"parameter", REFUSED(MANAGEMENT)},
    {"pause-exit", REFUSED(SYSTEM)},
    {"daemon", REFUSED(SYSTEM)},
    {"syslog", REFUSED(SYSTEM)},
    {"inetd", REFUSED(SYSTEM)},
    {"errors-to-stderr", REFUSED(SYSTEM)},
    {"setcon", REFUSED(SYSTEM)},
    {"gremlin", REFUSED(SYSTEM)},
    {"test-crypto", REFUSED(COMMAND)},
    {"allow-nonadmin", REFUSED(COMMAND)},
    {"mktun", REFUSED(COMMAND)},
    {"rmtun", REFUSED(COMMAND)},
    {"help", REFUSED(COMMAND)},
    {"version", REFUSED(COMMAND)},
    {"show-", REFUSED(COMMAND), PREFIX},

    /* servers */
    {"server", REFUSED(SERVER)},
    {"server-ipv6", REFUSED(SERVER)},
    {"server-bridge", REFUSED(SERVER)},
    {"tls-server", REFUSED(SERVER)},
    {"push", REFUSED(SERVER)},
    {"push-", REFUSED(SERVER), PREFIX},
    {"ifconfig-pool", REFUSED(SERVER), PREFIX},
    {"ifconfig-ipv6-pool", REFUSED(SERVER)},
    {"ifconfig-push", REFUSED(SERVER), PREFIX},
    {"ifconfig-ipv6-push", REFUSED(SERVER)},
    {"iroute", REFUSED(SERVER), PREFIX},
    {"client-to-client", REFUSED(SERVER)},
    {"client-config-dir", REFUSED(SERVER)},
    {"client-cert-not-required", REFUSED(SERVER)},
    {"ccd-exclusive", REFUSED(SERVER)},
    {"duplicate-cn", REFUSED(SERVER)},
    {"username-as-common-name", REFUSED(SERVER)},
    {"verify-client-cert", REFUSED(SERVER)},
    {"auth-gen-token", REFUSED(SERVER), PREFIX},
    {"auth-user-pass-optional", REFUSED(SERVER)},
    {"opt-verify", REFUSED(SERVER)},
    {"override-username", REFUSED(SERVER)},
    {"port-share", REFUSED(SERVER)},
    {"max-clients", REFUSED(SERVER)},
    {"max-routes-per-client", REFUSED(SERVER)},
    {"connect-freq", REFUSED(SERVER), PREFIX},
    {"hash-size", REFUSED(SERVER)},
    {"bcast-buffers", REFUSED(SERVER)},
    {"tcp-queue-limit", REFUSED(SERVER)},
    {"tcp-nodelay", REFUSED(SERVER)},
    {"stale-routes-check", REFUSED(SERVER)},
    {"vlan-", REFUSED(SERVER), PREFIX},
    {"nopool", REFUSED(SERVER)},
    {"disable", REFUSED(SERVER)},
    {"keying-material-exporter", REFUSED(SERVER)},
};
const size_t directives_count = ARRAY_COUNT(directives);

const struct directive *directive_find(const char *name)
{
    const struct directive *by_prefix = NULL;
    for (size_t i = 0; i < directives_count; i++) {
        const struct directive *row = &directives[i];
        if (strcmp(name, row->name) == 0)
            return row;
        if (row->flags & DIRECTIVE_PREFIX && strncmp(name, row->name, strlen(row->name)) == 0)
            by_prefix = row;
    }
    return by_prefix;
}
