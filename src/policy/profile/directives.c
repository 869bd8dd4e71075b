/* SPDX-License-Identifier: MIT */
#include "policy/profile/directives.h"

#include "base/array.h"

#include <string.h>

/* What a row is made of. Each is a piece of the table and nothing else. */
#define ALLOWED(...)         .rule = DIRECTIVE_ALLOWED, .arguments = {__VA_ARGS__}
#define FLAG                 .rule = DIRECTIVE_ALLOWED
#define LEFT_OUT(why)        .rule = DIRECTIVE_LEFT_OUT, .reason = (why)
#define REFUSED(why)         .rule = DIRECTIVE_REFUSED, .reason = (why)
#define NEEDS(count)         .least = (count)
#define IN_CONNECTION        .flags = DIRECTIVE_IN_CONNECTION
#define INLINE               .flags = DIRECTIVE_INLINE
#define INLINE_IN_CONNECTION .flags = DIRECTIVE_INLINE | DIRECTIVE_IN_CONNECTION
#define REPEATS              .flags = DIRECTIVE_REPEATS
#define PREFIX               .flags = DIRECTIVE_PREFIX

/* ---- arguments ---- */

static const struct argument count = {ARGUMENT_NUMBER, 0, INT32_MAX, NULL};
static const struct argument port = {ARGUMENT_NUMBER, 1, 65535, NULL};
static const struct argument local_port = {ARGUMENT_NUMBER, 0, 65535, NULL};
static const struct argument bit = {ARGUMENT_NUMBER, 0, 1, NULL};
static const struct argument small_number = {ARGUMENT_NUMBER, 0, 255, NULL};
static const struct argument verbosity = {ARGUMENT_NUMBER, 0, 11, NULL};
static const struct argument key_method = {ARGUMENT_NUMBER, 1, 2, NULL};
static const struct argument local_file = {ARGUMENT_FILE, 0, 0, NULL};
static const struct argument address = {ARGUMENT_ADDRESS, 0, 0, NULL};
static const struct argument plain_name = {ARGUMENT_NAME, 0, 0, NULL};
static const struct argument text = {ARGUMENT_TEXT, 0, 0, NULL};

static const struct argument protocol = {
    ARGUMENT_WORD, 0, 0, "udp udp4 udp6 tcp tcp4 tcp6 tcp-client tcp4-client tcp6-client"};
static const struct argument transport = {ARGUMENT_WORD, 0, 0, "udp tcp"};
static const struct argument ipv6_only = {ARGUMENT_WORD, 0, 0, "ipv6only"};
static const struct argument peer_to_peer = {ARGUMENT_WORD, 0, 0, "p2p"};
static const struct argument proxy_login = {ARGUMENT_LOGIN_FILE, 0, 0, "auto auto-nct none stdin"};
static const struct argument proxy_method = {ARGUMENT_WORD, 0, 0, "none basic ntlm ntlm2"};
static const struct argument proxy_option = {ARGUMENT_WORD, 0, 0,
                                             "VERSION AGENT CUSTOM-HEADER EXT1 EXT2"};
static const struct argument socks_login = {ARGUMENT_LOGIN_FILE, 0, 0, "stdin"};
static const struct argument retry = {ARGUMENT_WORD, 0, 0, "none nointeract interact"};
static const struct argument challenge_form = {ARGUMENT_WORD, 0, 0, "scrv1 concat"};
static const struct argument x509_part = {ARGUMENT_WORD, 0, 0, "subject name name-prefix"};
static const struct argument role = {ARGUMENT_WORD, 0, 0, "server client"};
static const struct argument cert_profile = {ARGUMENT_WORD, 0, 0,
                                             "insecure legacy preferred suiteb"};
static const struct argument tls_version = {ARGUMENT_WORD, 0, 0, "1.0 1.1 1.2 1.3"};
static const struct argument or_highest = {ARGUMENT_WORD, 0, 0, "or-highest"};
static const struct argument lzo = {ARGUMENT_WORD, 0, 0, "yes no adaptive"};
static const struct argument compression = {ARGUMENT_WORD, 0, 0,
                                            "stub stub-v2 lzo lz4 lz4-v2 migrate"};
static const struct argument direction = {ARGUMENT_WORD, 0, 0, "yes no asym"};
static const struct argument signal_name = {ARGUMENT_WORD, 0, 0, "SIGHUP SIGTERM"};
static const struct argument mss_form = {ARGUMENT_WORD, 0, 0, "mtu fixed"};
static const struct argument mtu_word = {ARGUMENT_WORD, 0, 0, "mtu"};
static const struct argument discovery = {ARGUMENT_WORD, 0, 0, "no maybe yes"};
static const struct argument socket_flag = {ARGUMENT_WORD, 0, 0, "TCP_NODELAY"};
static const struct argument device_type = {ARGUMENT_WORD, 0, 0, "tun tap"};
static const struct argument driver = {ARGUMENT_WORD, 0, 0, "wintun tap-windows6 ovpn-dco"};
static const struct argument topology = {ARGUMENT_WORD, 0, 0, "net30 p2p subnet"};
static const struct argument ip_method = {ARGUMENT_WORD, 0, 0,
                                          "manual netsh ipapi dynamic adaptive"};
static const struct argument redirect_flag = {
    ARGUMENT_WORD, 0, 0, "local autolocal def1 bypass-dhcp bypass-dns block-local ipv6 !ipv4"};
static const struct argument nat = {ARGUMENT_WORD, 0, 0, "snat dnat"};
static const struct argument dns_subject = {ARGUMENT_WORD, 0, 0, "search-domains server"};
static const struct argument filter = {ARGUMENT_WORD, 0, 0, "accept ignore reject"};
static const struct argument variable = {
    ARGUMENT_VARIABLE, 0, 0,
    "UV_* IV_* CLIENT_CERT FRIENDLY_NAME PUSH_PEER_INFO SERVER_POLL_TIMEOUT"};

/* ---- reasons ---- */

static const char RUNS[] = "it runs a program or loads code into openvpn";
static const char FILES[] = "it makes openvpn read or write other files";
static const char SERVER[] = "it is for servers";
static const char MANAGEMENT[] = "it takes over how openvpn is controlled";
static const char SYSTEM[] = "it changes how openvpn runs on this computer";
static const char COMMAND[] = "it is a command of its own, not a part of a profile";
static const char ELSEWHERE[] = "it has no meaning on Windows";
static const char SERVICE[] = "the service decides on it";

/* ---- the table ---- */

/* By subject, in the order of openvpn's manual. */
const struct directive directives[] = {
    /* the server */
    {"client", FLAG},
    {"remote", ALLOWED(&address, &port, &protocol), NEEDS(1), IN_CONNECTION},
    {"remote-random", FLAG},
    {"remote-random-hostname", FLAG},
    {"proto", ALLOWED(&protocol), NEEDS(1), IN_CONNECTION},
    {"proto-force", ALLOWED(&transport), NEEDS(1)},
    {"port", ALLOWED(&port), NEEDS(1), IN_CONNECTION},
    {"rport", ALLOWED(&port), NEEDS(1), IN_CONNECTION},
    {"lport", ALLOWED(&local_port), NEEDS(1), IN_CONNECTION},
    {"local", ALLOWED(&address), NEEDS(1), IN_CONNECTION},
    {"bind", ALLOWED(&ipv6_only), IN_CONNECTION},
    {"nobind", FLAG, IN_CONNECTION},
    {"float", FLAG, IN_CONNECTION},
    {"resolv-retry", ALLOWED(&plain_name), NEEDS(1)},
    {"preresolve", FLAG},
    {"connect-retry", ALLOWED(&count, &count), NEEDS(1), IN_CONNECTION},
    {"connect-retry-max", ALLOWED(&plain_name), NEEDS(1), IN_CONNECTION},
    {"connect-timeout", ALLOWED(&count), NEEDS(1), IN_CONNECTION},
    {"server-poll-timeout", ALLOWED(&count), NEEDS(1), IN_CONNECTION},
    {"explicit-exit-notify", ALLOWED(&count), IN_CONNECTION},
    {"mode", ALLOWED(&peer_to_peer), NEEDS(1)},

    /* proxies */
    {"http-proxy", ALLOWED(&address, &port, &proxy_login, &proxy_method), NEEDS(2), IN_CONNECTION},
    {"http-proxy-option", ALLOWED(&proxy_option, &text, &text), NEEDS(2), IN_CONNECTION},
    {"http-proxy-user-pass", ALLOWED(&local_file), NEEDS(1), INLINE},
    {"http-proxy-retry", FLAG, IN_CONNECTION},
    {"http-proxy-timeout", ALLOWED(&count), NEEDS(1), IN_CONNECTION},
    {"socks-proxy", ALLOWED(&address, &port, &socks_login), NEEDS(1), IN_CONNECTION},
    {"socks-proxy-retry", FLAG, IN_CONNECTION},

    /* authentication */
    {"auth-user-pass", ALLOWED(&local_file), INLINE},
    {"auth-retry", ALLOWED(&retry), NEEDS(1)},
    {"auth-nocache", FLAG},
    {"auth-token", ALLOWED(&text), NEEDS(1)},
    {"auth-token-user", ALLOWED(&text), NEEDS(1)},
    {"static-challenge", ALLOWED(&text, &bit, &challenge_form), NEEDS(2)},
    {"askpass", ALLOWED(&local_file)},
    {"push-peer-info", FLAG},

    /* keys and certificates */
    {"ca", ALLOWED(&local_file), NEEDS(1), INLINE},
    {"cert", ALLOWED(&local_file), NEEDS(1), INLINE},
    {"key", ALLOWED(&local_file), NEEDS(1), INLINE},
    {"extra-certs", ALLOWED(&local_file), NEEDS(1), INLINE},
    {"pkcs12", ALLOWED(&local_file), NEEDS(1), INLINE},
    {"dh", ALLOWED(&local_file), NEEDS(1), INLINE},
    {"crl-verify", ALLOWED(&local_file), NEEDS(1), INLINE},
    {"secret", ALLOWED(&local_file, &bit), NEEDS(1), INLINE},
    {"tls-auth", ALLOWED(&local_file, &bit), NEEDS(1), INLINE_IN_CONNECTION},
    {"tls-crypt", ALLOWED(&local_file), NEEDS(1), INLINE_IN_CONNECTION},
    {"tls-crypt-v2", ALLOWED(&local_file), NEEDS(1), INLINE_IN_CONNECTION},
    {"key-direction", ALLOWED(&bit), NEEDS(1), IN_CONNECTION},
    {"cryptoapicert", ALLOWED(&text), NEEDS(1)},
    {"verify-hash", ALLOWED(&plain_name, &plain_name), NEEDS(1), INLINE},
    {"peer-fingerprint", ALLOWED(&plain_name), NEEDS(1), INLINE},
    {"verify-x509-name", ALLOWED(&text, &x509_part), NEEDS(1)},
    {"x509-username-field", ALLOWED(&plain_name), NEEDS(1), REPEATS},
    {"x509-track", ALLOWED(&plain_name), NEEDS(1)},
    {"remote-cert-tls", ALLOWED(&role), NEEDS(1)},
    {"remote-cert-ku", ALLOWED(&plain_name), REPEATS},
    {"remote-cert-eku", ALLOWED(&text), NEEDS(1)},
    {"ns-cert-type", ALLOWED(&role), NEEDS(1)},

    /* the control channel */
    {"tls-client", FLAG},
    {"tls-cipher", ALLOWED(&plain_name), NEEDS(1)},
    {"tls-ciphersuites", ALLOWED(&plain_name), NEEDS(1)},
    {"tls-groups", ALLOWED(&plain_name), NEEDS(1)},
    {"tls-cert-profile", ALLOWED(&cert_profile), NEEDS(1)},
    {"tls-version-min", ALLOWED(&tls_version, &or_highest), NEEDS(1)},
    {"tls-version-max", ALLOWED(&tls_version), NEEDS(1)},
    {"ecdh-curve", ALLOWED(&plain_name), NEEDS(1)},
    {"tls-timeout", ALLOWED(&count), NEEDS(1)},
    {"tls-exit", FLAG},
    {"single-session", FLAG},
    {"hand-window", ALLOWED(&count), NEEDS(1)},
    {"tran-window", ALLOWED(&count), NEEDS(1)},
    {"reneg-sec", ALLOWED(&count, &count), NEEDS(1)},
    {"reneg-bytes", ALLOWED(&count), NEEDS(1)},
    {"reneg-pkts", ALLOWED(&count), NEEDS(1)},
    {"key-method", ALLOWED(&key_method), NEEDS(1)},
    {"compat-mode", ALLOWED(&plain_name), NEEDS(1)},
    {"disable-occ", FLAG},

    /* the data channel */
    {"cipher", ALLOWED(&plain_name), NEEDS(1)},
    {"data-ciphers", ALLOWED(&plain_name), NEEDS(1)},
    {"data-ciphers-fallback", ALLOWED(&plain_name), NEEDS(1)},
    {"ncp-ciphers", ALLOWED(&plain_name), NEEDS(1)},
    {"ncp-disable", FLAG},
    {"auth", ALLOWED(&plain_name), NEEDS(1)},
    {"keysize", ALLOWED(&count), NEEDS(1)},
    {"prng", ALLOWED(&plain_name, &count), NEEDS(1)},
    {"use-prediction-resistance", FLAG},
    {"no-replay", FLAG},
    {"replay-window", ALLOWED(&count, &count)},
    {"mute-replay-warnings", FLAG},
    {"allow-deprecated-insecure-static-crypto", FLAG},
    {"comp-lzo", ALLOWED(&lzo)},
    {"comp-noadapt", FLAG},
    {"compress", ALLOWED(&compression)},
    {"allow-compression", ALLOWED(&direction), NEEDS(1)},

    /* timers */
    {"keepalive", ALLOWED(&count, &count), NEEDS(2)},
    {"ping", ALLOWED(&count), NEEDS(1)},
    {"ping-exit", ALLOWED(&count), NEEDS(1)},
    {"ping-restart", ALLOWED(&count), NEEDS(1)},
    {"ping-timer-rem", FLAG},
    {"inactive", ALLOWED(&count, &count), NEEDS(1)},
    {"session-timeout", ALLOWED(&count), NEEDS(1)},
    {"persist-tun", FLAG},
    {"persist-key", FLAG},
    {"persist-local-ip", FLAG},
    {"persist-remote-ip", FLAG},
    {"remap-usr1", ALLOWED(&signal_name), NEEDS(1)},

    /* sizes and buffers */
    {"tun-mtu", ALLOWED(&count, &count), NEEDS(1), IN_CONNECTION},
    {"tun-mtu-extra", ALLOWED(&count), NEEDS(1), IN_CONNECTION},
    {"tun-mtu-max", ALLOWED(&count), NEEDS(1), IN_CONNECTION},
    {"link-mtu", ALLOWED(&count), NEEDS(1), IN_CONNECTION},
    {"udp-mtu", ALLOWED(&count), NEEDS(1), IN_CONNECTION},
    {"max-packet-size", ALLOWED(&count), NEEDS(1), IN_CONNECTION},
    {"mssfix", ALLOWED(&count, &mss_form), IN_CONNECTION},
    {"fragment", ALLOWED(&count, &mtu_word), NEEDS(1), IN_CONNECTION},
    {"mtu-disc", ALLOWED(&discovery), NEEDS(1), IN_CONNECTION},
    {"mtu-test", FLAG},
    {"sndbuf", ALLOWED(&count), NEEDS(1)},
    {"rcvbuf", ALLOWED(&count), NEEDS(1)},
    {"socket-flags", ALLOWED(&socket_flag), NEEDS(1)},
    {"shaper", ALLOWED(&count), NEEDS(1)},
    {"fast-io", FLAG},

    /* the adapter and its addresses */
    {"dev", ALLOWED(&plain_name), NEEDS(1)},
    {"dev-type", ALLOWED(&device_type), NEEDS(1)},
    {"dev-node", ALLOWED(&text), NEEDS(1)},
    {"windows-driver", ALLOWED(&driver), NEEDS(1)},
    {"disable-dco", FLAG},
    {"topology", ALLOWED(&topology), NEEDS(1)},
    {"tun-ipv6", FLAG},
    {"ifconfig", ALLOWED(&address, &address), NEEDS(2)},
    {"ifconfig-ipv6", ALLOWED(&address, &address), NEEDS(1)},
    {"ifconfig-noexec", FLAG},
    {"ifconfig-nowarn", FLAG},
    {"ip-win32", ALLOWED(&ip_method, &small_number, &count), NEEDS(1)},
    {"tap-sleep", ALLOWED(&small_number), NEEDS(1)},
    {"dhcp-renew", FLAG},
    {"dhcp-release", FLAG},
    {"dhcp-pre-release", FLAG},

    /* routes and names */
    {"route", ALLOWED(&address, &address, &address, &plain_name), NEEDS(1)},
    {"route-ipv6", ALLOWED(&address, &address, &plain_name), NEEDS(1)},
    {"route-gateway", ALLOWED(&address), NEEDS(1)},
    {"route-ipv6-gateway", ALLOWED(&address), NEEDS(1)},
    {"route-metric", ALLOWED(&count), NEEDS(1)},
    {"route-delay", ALLOWED(&count, &count)},
    {"route-nopull", FLAG},
    {"route-noexec", FLAG},
    {"max-routes", ALLOWED(&count), NEEDS(1)},
    {"allow-pull-fqdn", FLAG},
    {"allow-recursive-routing", FLAG},
    {"redirect-gateway", ALLOWED(&redirect_flag), REPEATS},
    {"redirect-private", ALLOWED(&redirect_flag), REPEATS},
    {"block-ipv6", FLAG},
    {"client-nat", ALLOWED(&nat, &address, &address, &address), NEEDS(4)},
    {"dhcp-option", ALLOWED(&plain_name, &text), NEEDS(1)},
    {"dns", ALLOWED(&dns_subject, &address), NEEDS(2), REPEATS},
    {"register-dns", FLAG},
    {"block-outside-dns", FLAG},
    {"pull", FLAG},
    {"pull-filter", ALLOWED(&filter, &text), NEEDS(2)},

    /* what openvpn says, and what it may not know */
    {"verb", ALLOWED(&verbosity), NEEDS(1)},
    {"mute", ALLOWED(&count), NEEDS(1)},
    {"machine-readable-output", FLAG},
    {"suppress-timestamps", FLAG},
    {"echo", ALLOWED(&text), REPEATS},
    {"script-security", ALLOWED(&bit), NEEDS(1)},
    {"setenv", ALLOWED(&variable, &text), NEEDS(1)},
    {"setenv-safe", ALLOWED(&plain_name, &text), NEEDS(1)},
    {"ignore-unknown-option", ALLOWED(&plain_name), NEEDS(1), REPEATS},

    /* left out */
    {"user", LEFT_OUT(ELSEWHERE)},
    {"group", LEFT_OUT(ELSEWHERE)},
    {"nice", LEFT_OUT(ELSEWHERE)},
    {"mlock", LEFT_OUT(ELSEWHERE)},
    {"mark", LEFT_OUT(ELSEWHERE)},
    {"multihome", LEFT_OUT(ELSEWHERE)},
    {"bind-dev", LEFT_OUT(ELSEWHERE)},
    {"passtos", LEFT_OUT(ELSEWHERE)},
    {"lladdr", LEFT_OUT(ELSEWHERE)},
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
    {"dhcp-internal", REFUSED(COMMAND)},
    {"rdns-internal", REFUSED(COMMAND)},
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
