/* SPDX-License-Identifier: MIT */
/* selftest.h: tests of the fakes, in a program that loads them. */
#ifndef FAKES_SELFTEST_SELFTEST_H
#define FAKES_SELFTEST_SELFTEST_H

#include "tests/unit/cmocka_test.h"

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#include <netioapi.h>

#include <cJSON.h>
#include <stdbool.h>

/* Sends a request (printf format, with ' for ") to the fakes of our folder; the caller owns the
 * answer. */
cJSON *ask(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for requests whose answer must be {}. */
void ask_ok(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Set-up of every test. */
int reset(void **state);

/* The last line of the record about `call`. Fails the test when there is none. */
cJSON *last_record(const char *call);
cJSON *find_record(const char *call); /* NULL when there is none */
const char *record_text(const cJSON *line, const char *name);
double record_value(const cJSON *line, const char *name);

/* Starts this program again for one task (see children in main.c). */
HANDLE start_child(const char *what);
DWORD end_of_child(HANDLE child); /* its exit code; closes the handle */

/* Rows. */
MIB_IPFORWARD_ROW2 route_on(NET_IFINDEX index, const char *prefix, UINT8 length,
                            const char *next_hop, ULONG metric);
MIB_UNICASTIPADDRESS_ROW address_on(NET_IFINDEX index, const char *address, UINT8 length);
bool has_route(MIB_IPFORWARD_ROW2 row);

/* Children of the tests of the firewall, the registry, reboots and files: their exit codes. */
int add_filters_and_end(void);
int set_name_server(void);
int volatile_number(void);
int change_file(const char *call);
int create_old_route(void);

extern const struct CMUnitTest network_tests[], fault_tests[], identity_tests[], registry_tests[],
    program_tests[], firewall_tests[], engine_tests[], packet_tests[], kill_switch_tests[],
    file_tests[], reboot_tests[], service_tests[], trust_tests[], unknown_tests[];
extern const size_t network_test_count, fault_test_count, identity_test_count, registry_test_count,
    program_test_count, firewall_test_count, engine_test_count, packet_test_count,
    kill_switch_test_count, file_test_count, reboot_test_count, service_test_count,
    trust_test_count, unknown_test_count;

#define TEST(function) cmocka_unit_test_setup(function, reset)

#endif
