/* SPDX-License-Identifier: MIT */
/* channel_machine.h: a populated machine with open sessions, for tests of the channel, and the DNS,
 * NRPT and WINS messages as a real openvpn.exe sends them. */
#ifndef TESTS_UNIT_CHANNEL_MACHINE_H
#define TESTS_UNIT_CHANNEL_MACHINE_H

#include "tests/unit/channel_client.h"

#include <string.h>

#define TCPIP    u"SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters"
#define TCPIP6   u"SYSTEM\\CurrentControlSet\\Services\\Tcpip6\\Parameters"
#define NETBT    u"SYSTEM\\CurrentControlSet\\Services\\NetBT\\Parameters\\Interfaces\\Tcpip_"
#define DNSCACHE u"SYSTEM\\CurrentControlSet\\Services\\Dnscache\\Parameters"
#define POLICY   u"SOFTWARE\\Policies\\Microsoft\\Windows NT\\DNSClient"
#define RULES    DNSCACHE u"\\DnsPolicyConfig"

/* "{000080..-4747-4747-8000-0000000000..}": the machine derives GUIDs from LUID and index. */
#define VPN_GUID    u"{06008004-4747-4747-8000-000000000002}"
#define TAP_GUID    u"{06008003-4747-4747-8000-000000000009}"
#define UMLAUT_GUID u"{06008005-4747-4747-8000-00000000000B}"

#define VPN_NAME    "Local Area Connection 2"
#define TAP_NAME    "OpenVPN TAP-Windows6"
#define UMLAUT_NAME "B\xC3\xBCro-VPN"

extern struct fake_machine *machine, *before;
extern struct network *network;
extern struct ledger *ledger;
/* Two sessions of openvpn.exe 2.7, the processes 4242 and 4343, and one of 2.6, 4444. Only changes
 * on VPN adapters are served. */
extern struct channel channel, other, old;
/* The last line in the log, its error, and how many there are. */
extern char last_line[512];
extern uint32_t last_error;
extern unsigned line_count;

/* Between these two a test may change the machine and call remember() again. */
int set_up_machine(void **state);
/* The same, but changes on every adapter are served. */
int set_up_machine_for_any_adapter(void **state);
void remember(void);
/* Ends all sessions and asserts that the machine is as remember() saw it. */
int tear_down_machine(void **state);

struct message dns_message(enum message_kind kind, const char *name, int16_t family,
                           const char *addresses, const char *domains);
struct message nrpt_message(enum message_kind kind, const char *name, const char *addresses,
                            const char *resolve, const char *search, uint32_t flags);
struct message wins_message(enum message_kind kind, uint32_t index, const char *addresses);

/* Each takes its addresses in one string, separated by spaces. */
uint32_t send_dns(struct channel *to, const char *name, int16_t family, const char *addresses,
                  const char *domains);
uint32_t send_delete_dns(struct channel *to, const char *name, int16_t family, const char *domains);
uint32_t send_nrpt(struct channel *to, const char *addresses, const char *resolve,
                   const char *search);
uint32_t send_delete_nrpt(struct channel *to);

#define assert_value(path, name, text)                                                             \
    do {                                                                                           \
        const char *value_ = machine_value(machine, path, name);                                   \
        assert_non_null(value_);                                                                   \
        assert_string_equal(value_, text);                                                         \
    } while (0)
#define assert_no_value(path, name) assert_null(machine_value(machine, path, name))
#define assert_unchanged()          assert_true(machine_equal(before, machine))

/* There is one more line in the log than `count`, which becomes the new count: with this error and
 * this text in it. Or there is none more. */
#define assert_event(count, error, part)                                                           \
    do {                                                                                           \
        assert_int_equal(line_count, ++(count));                                                   \
        assert_int_equal(last_error, error);                                                       \
        if (!strstr(last_line, part))                                                              \
            fail_msg("\"%s\" is not in \"%s\"", part, last_line);                                  \
    } while (0)
#define assert_no_event(count) assert_int_equal(line_count, count)

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_machine, tear_down_machine)

/* Serves `message` repeatedly, each time with a later call of `operation` failing, until no call
 * fails. Each failure must be reported and must leave the machine as remember() saw it, and the
 * session must stay usable. */
void fail_each_call(struct channel *to, const struct message *message, const char *operation);

#endif
