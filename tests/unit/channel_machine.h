/* SPDX-License-Identifier: MIT */
/* channel_machine.h: a populated machine with sessions on it, for tests of the channel, and the
 * messages that a real openvpn.exe sends about names. */
#ifndef TESTS_UNIT_CHANNEL_MACHINE_H
#define TESTS_UNIT_CHANNEL_MACHINE_H

#include "tests/unit/channel_client.h"

#define TCPIP    u"SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters"
#define TCPIP6   u"SYSTEM\\CurrentControlSet\\Services\\Tcpip6\\Parameters"
#define NETBT    u"SYSTEM\\CurrentControlSet\\Services\\NetBT\\Parameters\\Interfaces\\Tcpip_"
#define DNSCACHE u"SYSTEM\\CurrentControlSet\\Services\\Dnscache\\Parameters"
#define POLICY   u"SOFTWARE\\Policies\\Microsoft\\Windows NT\\DNSClient"
#define RULES    DNSCACHE u"\\DnsPolicyConfig"

/* "{000080..-4747-4747-8000-0000000000..}", as the machine makes them of LUID and index. */
#define VPN_GUID    u"{06008004-4747-4747-8000-000000000002}"
#define TAP_GUID    u"{06008003-4747-4747-8000-000000000009}"
#define UMLAUT_GUID u"{06008005-4747-4747-8000-00000000000B}"

#define VPN_NAME    "Local Area Connection 2"
#define TAP_NAME    "OpenVPN TAP-Windows6"
#define UMLAUT_NAME "B\xC3\xBCro-VPN"

extern struct fake_machine *machine, *before;
extern struct network *network;
extern struct ledger *ledger;
/* Two sessions of openvpn.exe 2.7, the processes 4242 and 4343, and one of 2.6, 4444. Only VPN
 * adapters will do. */
extern struct channel channel, other, old;
extern char last_line[512]; /* of the log */

/* In between a test may put the machine into another state and call remember(). */
int set_up_machine(void **state);
/* The same, but every adapter will do. */
int set_up_machine_for_any_adapter(void **state);
void remember(void);
/* Ends all sessions and asserts that the machine is as remembered. */
int tear_down_machine(void **state);

struct message dns_message(enum message_kind kind, const char *name, int16_t family,
                           const char *addresses, const char *domains);
struct message nrpt_message(enum message_kind kind, const char *name, const char *addresses,
                            const char *resolve, const char *search, uint32_t flags);
struct message wins_message(enum message_kind kind, uint32_t index, const char *addresses);

/* All take addresses in one text with a blank between them. */
uint32_t say_dns(struct channel *to, const char *name, int16_t family, const char *addresses,
                 const char *domains);
uint32_t say_no_dns(struct channel *to, const char *name, int16_t family, const char *domains);
uint32_t say_nrpt(struct channel *to, const char *addresses, const char *resolve,
                  const char *search);
uint32_t say_no_nrpt(struct channel *to);

#define assert_value(path, name, text)                                                             \
    do {                                                                                           \
        const char *value_ = machine_value(machine, path, name);                                   \
        assert_non_null(value_);                                                                   \
        assert_string_equal(value_, text);                                                         \
    } while (0)
#define assert_no_value(path, name) assert_null(machine_value(machine, path, name))
#define assert_unchanged()          assert_true(machine_equal(before, machine))

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_machine, tear_down_machine)

/* Serves `message` again and again, each time with another call of `operation` failing, until all
 * of them succeed: each failure must be told and must leave the machine as remembered, and the
 * session must be able to go on. */
void fail_each_call(struct channel *to, const struct message *message, const char *operation);

#endif
