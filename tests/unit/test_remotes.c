/* SPDX-License-Identifier: MIT */
#include "client/cli/firewall/remotes.h"
#include "base/array.h"
#include "policy/profile/line.h"
#include "tests/unit/cmocka_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 4096 };

static struct remotes remotes;
static struct remotes_problem problem;

/* From a copy of exact size, so that the sanitizer sees a read beyond it. */
static bool read_config(const char *text, const char *const more[], size_t more_count)
{
    const size_t size = strlen(text);
    char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    memset(&problem, 0, sizeof(problem));
    const bool is_read = remotes_read(copy, size, more, more_count, &remotes, &problem);
    free(copy);
    return is_read;
}

static const char *proxy_text(const struct remote *remote, char text[LINE_BYTES])
{
    static const char *const names[] = {[PROXY_HTTP] = "http", [PROXY_SOCKS] = "socks"};
    *text = '\0';
    if (remote->proxy != PROXY_NONE)
        snprintf(text, LINE_BYTES, " through %s %s %u", names[remote->proxy], remote->proxy_host,
                 remote->proxy_port);
    return text;
}

/* "host port protocol[family]", with a bar between them. */
static const char *found(void)
{
    static char line[REMOTES_MAX * 64];
    char proxy[LINE_BYTES];
    size_t length = 0;
    line[0] = '\0';
    for (size_t i = 0; i < remotes.count; i++) {
        const struct remote *remote = &remotes.items[i];
        length += (size_t)snprintf(
            line + length, sizeof(line) - length, "%s%s %u %s%s%s", i ? " | " : "", remote->host,
            remote->port, remote->protocol == 17 ? "udp" : "tcp",
            remote->family ? remote->family == 2 ? "4" : "6" : "", proxy_text(remote, proxy));
    }
    return line;
}

/* ---- what openvpn would connect to ---- */

static const struct {
    const char *name, *config, *expected;
} configs[] = {
    {"defaults", "client\nremote vpn.example\n", "vpn.example 1194 udp"},
    {"port", "remote vpn.example 443\n", "vpn.example 443 udp"},
    {"port and protocol", "remote vpn.example 443 tcp\n", "vpn.example 443 tcp"},
    {"the client's name of a protocol", "remote a 1 tcp4-client", "a 1 tcp4"},
    {"several", "remote a\nremote b 2\nremote a 3 tcp\n", "a 1194 udp | b 2 udp | a 3 tcp"},
    {"said elsewhere, before and after", "proto tcp\nremote a\nport 5000\n", "a 5000 tcp"},
    {"rport", "remote a\nrport 77\n", "a 77 udp"},
    {"the line wins over what is said elsewhere", "port 1\nproto tcp\nremote a 2 udp", "a 2 udp"},
    {"a family", "proto udp6\nremote a", "a 1194 udp6"},
    {"a protocol without family leaves the family", "proto udp6\nremote a 1 tcp", "a 1 tcp6"},
    {"addresses", "remote 198.51.100.7\nremote 2001:db8::7 443 tcp6",
     "198.51.100.7 1194 udp | 2001:db8::7 443 tcp6"},
    {"no more than the first protocol's", "remote a\nproto-force tcp\nremote b 1 tcp", "b 1 tcp"},
    {"an option that may be ignored", "setenv opt remote a 7\nsetenv A remote\n", "a 7 udp"},
    {"with dashes", "--remote a 7 tcp\n", "a 7 tcp"},
    /* blocks */
    {"a block", "<connection>\nremote a 1 tcp\n</connection>\n", "a 1 tcp"},
    {"blocks begin with what stands before them",
     "port 9\n<connection>\nremote a\nproto tcp\n</connection>\nproto tcp6\n<connection>\nremote "
     "b\n</connection>\nport 10\n",
     "a 9 tcp | b 9 tcp6"},
    {"blocks count alone", "remote a\n<connection>\nremote b\n</connection>\nremote c\n",
     "b 1194 udp"},
    {"a block without a server is none", "remote a\n<connection>\nport 2\n</connection>\n",
     "a 1194 udp"},
    {"what a block says stays in it",
     "<connection>\nproto tcp\nremote a\n</connection>\n<connection>\nremote b\n</connection>",
     "a 1194 tcp | b 1194 udp"},
    {"an indented end", "<connection>\n remote a\n \t</connection>", "a 1194 udp"},
    /* what is no option */
    {"comments", "# remote x\n;remote y\nremote a # remote z\nremote b ;c\n",
     "a 1194 udp | b 1194 udp"},
    {"an inline file", "<ca>\nremote x\n</ca>\nremote a\n<key>\n</ca>\nremote y\n</key>\n",
     "a 1194 udp"},
    {"quotes", "remote \"a\" '443' \"tcp\"\n", "a 443 tcp"},
    {"backslashes", "remote a\\\\b 443\n", "a\\b 443 udp"},
    {"line ends of Windows", "remote a 1\r\nremote b\r\n", "a 1 udp | b 1194 udp"},
    {"a mark before the text", "\xEF\xBB\xBFremote a", "a 1194 udp"},
    {"tabs and blanks", "\t remote \t a   5\t\n   \n", "a 5 udp"},
    {"other letters", "remote b\xC3\xBCro.example", "b\xC3\xBCro.example 1194 udp"},
    /* proxies */
    {"http-proxy", "remote a 443 tcp\nhttp-proxy p 8080 auto\n", "a 443 tcp through http p 8080"},
    {"socks-proxy", "socks-proxy p\nremote a", "a 1194 udp through socks p 1080"},
    {"both", "socks-proxy s 1\nhttp-proxy h 2\nsocks-proxy s 3\nremote a",
     "a 1194 udp through http h 2"},
    {"a proxy of one block",
     "<connection>\nremote a\nsocks-proxy p 5\n</connection>\n<connection>\nremote b\n"
     "</connection>",
     "a 1194 udp through socks p 5 | b 1194 udp"},
};

static void test_remotes_are_those_that_openvpn_would_connect_to(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(configs); i++) {
        if (!read_config(configs[i].config, NULL, 0))
            fail_msg("%s: %s: %s", configs[i].name, problem.what, problem.about);
        if (strcmp(found(), configs[i].expected) != 0)
            fail_msg("%s: %s", configs[i].name, found());
    }
}

static void test_options_behind_the_configuration_count(void **state)
{
    (void)state;
    static const char *const more[] = {"--verb", "4",   "--remote", "b",
                                       "7",      "tcp", "--proto",  "tcp6"};
    assert_true(read_config("remote a\n", more, ARRAY_COUNT(more)));
    assert_string_equal(found(), "a 1194 tcp6 | b 7 tcp6");
}

/* ---- what is refused ---- */

static const struct {
    const char *name, *config, *about;
    size_t line;
} refused[] = {
    {"no server", "client\n", "", 0},
    {"nothing", "", "", 0},
    {"none of the protocol", "remote a\nproto-force tcp\n", "", 0},
    {"no host", "client\nremote\n", "remote", 2},
    {"an empty host", "remote \"\"\n", "", 1},
    {"a port in words", "remote a https\n", "https", 1},
    {"port 0", "remote a 0", "0", 1},
    {"a port that is too large", "remote a\nport 65536", "65536", 2},
    {"a server's protocol", "remote a 1 tcp-server", "tcp-server", 1},
    {"an unknown protocol", "proto sctp\nremote a", "sctp", 1},
    {"another file", "\n\nconfig more.ovpn\n", "more.ovpn", 3},
    {"names that openvpn makes up", "remote a\nremote-random-hostname\n", "remote-random-hostname",
     2},
    {"http-proxy without a port", "http-proxy p\nremote a", "p", 1},
    {"no end of a block", "<connection>\nremote a\n", "", 1},
    {"no end of a file", "<ca>\nremote a\n", "", 1},
    {"a backslash that openvpn does not take", "remote a\\b\n", "", 1},
    {"no end of a quotation", "remote \"a\n", "", 1},
};

static void test_what_names_no_server_is_refused_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(refused); i++) {
        if (read_config(refused[i].config, NULL, 0))
            fail_msg("%s: %s", refused[i].name, found());
        if (!problem.what || strcmp(problem.about, refused[i].about) != 0 ||
            problem.line != refused[i].line)
            fail_msg("%s: line %zu: %s: %s", refused[i].name, problem.line, problem.what,
                     problem.about);
    }
}

static void test_lengths_have_limits(void **state)
{
    (void)state;
    static char config[LINE_BYTES];
    const size_t longest = PROFILE_LINE_BYTES - 7;
    strcpy(config, "remote ");
    memset(config + 7, 'a', longest);
    config[7 + longest] = '\0';
    assert_true(read_config(config, NULL, 0));
    assert_int_equal(strlen(remotes.items[0].host), longest);
    strcat(config, "a");
    assert_false(read_config(config, NULL, 0));
    memset(config, 'a', sizeof(config) - 1);
    assert_false(read_config(config, NULL, 0));
    config[0] = '<';
    config[200] = '>';
    config[201] = '\0';
    assert_false(read_config(config, NULL, 0));
}

static void test_no_more_than_64_servers_are_taken(void **state)
{
    (void)state;
    static char config[LINE_BYTES];
    size_t length = 0;
    for (unsigned i = 0; i < REMOTES_MAX; i++)
        length += (size_t)snprintf(config + length, sizeof(config) - length, "remote h%u\n", i);
    assert_true(read_config(config, NULL, 0));
    assert_int_equal(remotes.count, REMOTES_MAX);
    strcat(config, "remote one-more\n");
    assert_false(read_config(config, NULL, 0));
    assert_string_equal(problem.about, "one-more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_remotes_are_those_that_openvpn_would_connect_to),
        cmocka_unit_test(test_options_behind_the_configuration_count),
        cmocka_unit_test(test_what_names_no_server_is_refused_with_its_line),
        cmocka_unit_test(test_lengths_have_limits),
        cmocka_unit_test(test_no_more_than_64_servers_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
