/* SPDX-License-Identifier: MIT */
/* The network model answers as Windows does. */
#include "selftest.h"

#include <string.h>

static void test_create_route_errors(void **state)
{
    (void)state;
    const struct {
        const char *name;
        MIB_IPFORWARD_ROW2 row;
        DWORD error;
    } rows[] = {
        {"new", route_on(2, "10.20.0.0", 16, "10.8.0.1", 5), 0},
        {"the same again", route_on(2, "10.20.0.0", 16, "10.8.0.1", 5), 5010},
        {"the same whatever the metric", route_on(2, "10.20.0.0", 16, "10.8.0.1", 6), 5010},
        {"another next hop", route_on(2, "10.20.0.0", 16, "10.8.0.9", 5), 0},
        {"another interface", route_on(5, "10.20.0.0", 16, "10.8.0.1", 5), 0},
        {"another length", route_on(2, "10.20.0.0", 17, "10.8.0.1", 5), 0},
        {"was there before us", route_on(2, "10.99.0.0", 16, "10.8.0.1", 5), 5010},
        {"IPv6", route_on(9, "fd00::", 8, "fe80::8", 5), 0},
        {"no such interface", route_on(77, "10.20.0.0", 16, "10.8.0.1", 5), 1168},
        {"no interface", route_on(0, "10.20.0.0", 16, "10.8.0.1", 5), 87},
        {"length over 32", route_on(2, "10.20.0.0", 33, "10.8.0.1", 5), 87},
        {"length over 128", route_on(2, "fd00::", 129, "fe80::8", 5), 87},
        {"mixed families", route_on(2, "10.20.0.0", 16, "fe80::8", 5), 87},
        {"host bits", route_on(2, "10.20.0.1", 16, "10.8.0.1", 5), 87},
    };
    for (size_t i = 0; i < ARRAYSIZE(rows); i++) {
        DWORD error = CreateIpForwardEntry2(&rows[i].row);
        if (error != rows[i].error)
            fail_msg("%s: %lu", rows[i].name, error);
    }
    MIB_IPFORWARD_ROW2 bad = route_on(2, "10.20.0.0", 16, "10.8.0.1", 5);
    bad.DestinationPrefix.Prefix.si_family = 99;
    assert_int_equal(CreateIpForwardEntry2(&bad), ERROR_INVALID_PARAMETER);
    assert_int_equal(CreateIpForwardEntry2(NULL), ERROR_INVALID_PARAMETER);
}

static void test_luid_wins_over_index(void **state)
{
    (void)state;
    MIB_IPFORWARD_ROW2 row = route_on(77, "10.20.0.0", 16, "10.8.0.1", 5);
    assert_int_equal(ConvertInterfaceIndexToLuid(9, &row.InterfaceLuid), 0);
    assert_int_equal(CreateIpForwardEntry2(&row), 0);
    assert_true(has_route(route_on(9, "10.20.0.0", 16, "10.8.0.1", 5)));
    assert_false(has_route(route_on(2, "10.20.0.0", 16, "10.8.0.1", 5)));
}

static void test_route_is_read_changed_and_deleted(void **state)
{
    (void)state;
    MIB_IPFORWARD_ROW2 row = route_on(2, "10.99.0.0", 16, "10.8.0.1", 0);
    assert_int_equal(GetIpForwardEntry2(&row), 0);
    assert_int_equal(row.Metric, 50);
    assert_int_equal(row.InterfaceIndex, 2);
    row.Metric = 7;
    assert_int_equal(SetIpForwardEntry2(&row), 0);
    row.Metric = 0;
    assert_int_equal(GetIpForwardEntry2(&row), 0);
    assert_int_equal(row.Metric, 7);
    assert_int_equal(DeleteIpForwardEntry2(&row), 0);
    assert_int_equal(DeleteIpForwardEntry2(&row), ERROR_NOT_FOUND);
    assert_int_equal(GetIpForwardEntry2(&row), ERROR_NOT_FOUND);
    assert_int_equal(SetIpForwardEntry2(&row), ERROR_NOT_FOUND);
    row = route_on(77, "10.99.0.0", 16, "10.8.0.1", 0);
    assert_int_equal(GetIpForwardEntry2(&row), ERROR_FILE_NOT_FOUND);
}

static void test_route_table_is_whole(void **state)
{
    (void)state;
    MIB_IPFORWARD_TABLE2 *table;
    unsigned defaults = 0, finite = 0;
    assert_int_equal(GetIpForwardTable2(AF_INET, &table), 0);
    for (ULONG i = 0; i < table->NumEntries; i++) {
        assert_int_equal(table->Table[i].DestinationPrefix.Prefix.si_family, AF_INET);
        defaults += table->Table[i].DestinationPrefix.PrefixLength == 0;
        finite += table->Table[i].ValidLifetime == 86400;
    }
    FreeMibTable(table);
    assert_int_equal(defaults, 2);
    assert_int_equal(finite, 1);
    assert_int_equal(GetIpForwardTable2(3, &table), ERROR_INVALID_PARAMETER);
}

static void test_best_route_prefers_length_then_metric(void **state)
{
    (void)state;
    MIB_IPFORWARD_ROW2 best;
    SOCKADDR_INET source, where = {.Ipv4.sin_family = AF_INET};
    inet_pton(AF_INET, "8.8.8.8", &where.Ipv4.sin_addr);
    assert_int_equal(GetBestRoute2(NULL, 0, NULL, &where, 0, &best, &source), 0);
    assert_int_equal(best.InterfaceIndex, 5);
    inet_pton(AF_INET, "10.99.1.1", &where.Ipv4.sin_addr);
    assert_int_equal(GetBestRoute2(NULL, 0, NULL, &where, 0, &best, &source), 0);
    assert_int_equal(best.InterfaceIndex, 2);
    assert_int_equal(best.DestinationPrefix.PrefixLength, 16);
}

static void test_address_errors(void **state)
{
    (void)state;
    MIB_UNICASTIPADDRESS_ROW row = address_on(2, "10.8.0.6", 30);
    assert_int_equal(GetUnicastIpAddressEntry(&row), ERROR_NOT_FOUND);
    row = address_on(2, "10.8.0.6", 30);
    assert_int_equal(CreateUnicastIpAddressEntry(&row), 0);
    assert_int_equal(CreateUnicastIpAddressEntry(&row), ERROR_OBJECT_ALREADY_EXISTS);
    row.OnLinkPrefixLength = 24;
    assert_int_equal(CreateUnicastIpAddressEntry(&row), ERROR_OBJECT_ALREADY_EXISTS);
    assert_int_equal(SetUnicastIpAddressEntry(&row), 0);
    row.OnLinkPrefixLength = 0;
    assert_int_equal(GetUnicastIpAddressEntry(&row), 0);
    assert_int_equal(row.OnLinkPrefixLength, 24);
    assert_int_equal(row.DadState, IpDadStateTentative);
    assert_int_equal(DeleteUnicastIpAddressEntry(&row), 0);
    assert_int_equal(DeleteUnicastIpAddressEntry(&row), ERROR_NOT_FOUND);

    const struct {
        const char *name;
        MIB_UNICASTIPADDRESS_ROW row;
        DWORD error;
    } rows[] = {
        {"no interface", address_on(0, "10.8.0.6", 30), 87},
        {"no such interface", address_on(77, "10.8.0.6", 30), 1168},
        {"length over 32", address_on(2, "10.8.0.6", 33), 87},
        {"length over 128", address_on(2, "fd00::6", 129), 87},
        {"multicast", address_on(2, "224.0.0.1", 4), 87},
        {"IPv6", address_on(2, "fd00::6", 64), 0},
        {"host length by default", address_on(2, "10.8.0.7", 255), 0},
        {"was there before us", address_on(2, "10.8.0.2", 24), 5010},
    };
    for (size_t i = 0; i < ARRAYSIZE(rows); i++) {
        DWORD error = CreateUnicastIpAddressEntry(&rows[i].row);
        if (error != rows[i].error)
            fail_msg("%s: %lu", rows[i].name, error);
    }
    assert_int_equal(CreateUnicastIpAddressEntry(NULL), ERROR_INVALID_PARAMETER);
}

static void test_addresses_bring_and_take_routes(void **state)
{
    (void)state;
    MIB_UNICASTIPADDRESS_ROW row = address_on(2, "10.30.0.5", 24);
    MIB_IPFORWARD_ROW2 own = route_on(2, "10.30.1.0", 24, "0.0.0.0", 5);
    assert_int_equal(CreateIpForwardEntry2(&own), 0);
    assert_int_equal(CreateUnicastIpAddressEntry(&row), 0);
    assert_true(has_route(route_on(2, "10.30.0.0", 24, "0.0.0.0", 0)));
    assert_true(has_route(route_on(2, "10.30.0.5", 32, "0.0.0.0", 0)));
    assert_true(has_route(route_on(2, "10.30.0.255", 32, "0.0.0.0", 0)));
    MIB_IPFORWARD_ROW2 subnet = route_on(2, "10.30.0.0", 24, "0.0.0.0", 5);
    assert_int_equal(CreateIpForwardEntry2(&subnet), ERROR_OBJECT_ALREADY_EXISTS);
    row.OnLinkPrefixLength = 23;
    assert_int_equal(SetUnicastIpAddressEntry(&row), 0);
    assert_false(has_route(route_on(2, "10.30.0.0", 24, "0.0.0.0", 0)));
    assert_true(has_route(route_on(2, "10.30.0.0", 23, "0.0.0.0", 0)));
    row.OnLinkPrefixLength = 24;
    row.Address = address_on(2, "10.30.1.5", 24).Address;
    assert_int_equal(CreateUnicastIpAddressEntry(&row), 0);
    assert_int_equal(DeleteUnicastIpAddressEntry(&row), 0);
    assert_false(has_route(route_on(2, "10.30.1.5", 32, "0.0.0.0", 0)));
    /* What a program has made stays, and so does what another address has, too. */
    assert_true(has_route(own));
    assert_true(has_route(route_on(2, "10.30.1.255", 32, "0.0.0.0", 0)));
    assert_true(has_route(route_on(2, "224.0.0.0", 4, "0.0.0.0", 0)));
}

static void test_interface_names(void **state)
{
    (void)state;
    NET_LUID luid, same;
    NET_IFINDEX index;
    GUID guid;
    wchar_t alias[NDIS_IF_MAX_STRING_SIZE + 1];
    assert_int_equal(ConvertInterfaceAliasToLuid(L"OpenVPN Wintun \u2013 B\u00FCro", &luid), 0);
    assert_int_equal(ConvertInterfaceLuidToIndex(&luid, &index), 0);
    assert_int_equal(index, 9);
    assert_int_equal(ConvertInterfaceLuidToGuid(&luid, &guid), 0);
    assert_int_equal(ConvertInterfaceGuidToLuid(&guid, &same), 0);
    assert_true(same.Value == luid.Value);
    assert_int_equal(ConvertInterfaceLuidToAlias(&luid, alias, ARRAYSIZE(alias)), 0);
    assert_true(wcscmp(alias, L"OpenVPN Wintun \u2013 B\u00FCro") == 0);
    assert_int_equal(ConvertInterfaceLuidToAlias(&luid, alias, 5), ERROR_NOT_ENOUGH_MEMORY);
    assert_int_equal(ConvertInterfaceAliasToLuid(L"local area CONNECTION 2", &luid), 0);
    assert_int_equal(ConvertInterfaceAliasToLuid(L"nobody", &luid), ERROR_INVALID_PARAMETER);
    assert_int_equal(ConvertInterfaceIndexToLuid(77, &luid), ERROR_FILE_NOT_FOUND);
    luid.Value = 0xdeadbeef;
    assert_int_equal(ConvertInterfaceLuidToIndex(&luid, &index), ERROR_FILE_NOT_FOUND);
    assert_int_equal(ConvertInterfaceIndexToLuid(2, NULL), ERROR_INVALID_PARAMETER);
}

static void test_interface_metric_and_mtu(void **state)
{
    (void)state;
    MIB_IPINTERFACE_ROW row;
    InitializeIpInterfaceEntry(&row);
    row.Family = AF_INET;
    row.InterfaceIndex = 2;
    assert_int_equal(GetIpInterfaceEntry(&row), 0);
    assert_int_equal(row.UseAutomaticMetric, TRUE);
    row.UseAutomaticMetric = FALSE;
    row.Metric = 3;
    /* Windows refuses a row exactly as Get returned it. */
    assert_int_equal(SetIpInterfaceEntry(&row), ERROR_INVALID_PARAMETER);
    row.SitePrefixLength = 0;
    assert_int_equal(SetIpInterfaceEntry(&row), 0);
    assert_int_equal(GetIpInterfaceEntry(&row), 0);
    assert_int_equal(row.Metric, 3);

    InitializeIpInterfaceEntry(&row);
    row.Family = AF_INET;
    row.InterfaceIndex = 2;
    row.NlMtu = 1400;
    assert_int_equal(SetIpInterfaceEntry(&row), 0);
    assert_int_equal(GetIpInterfaceEntry(&row), 0);
    assert_int_equal(row.NlMtu, 1400);
    assert_int_equal(row.Metric, 3);
    row.SitePrefixLength = 0;
    row.UseAutomaticMetric = TRUE;
    assert_int_equal(SetIpInterfaceEntry(&row), 0);
    assert_int_equal(GetIpInterfaceEntry(&row), 0);
    assert_int_equal(row.Metric, 25);
    row.NlMtu = 100;
    row.SitePrefixLength = 0;
    assert_int_equal(SetIpInterfaceEntry(&row), ERROR_INVALID_PARAMETER);
    row.InterfaceLuid.Value = 0;
    row.InterfaceIndex = 77;
    assert_int_equal(GetIpInterfaceEntry(&row), ERROR_FILE_NOT_FOUND);
    row.Family = 1;
    assert_int_equal(GetIpInterfaceEntry(&row), ERROR_INVALID_PARAMETER);
}

static void test_call_is_recorded_with_its_arguments(void **state)
{
    (void)state;
    MIB_IPFORWARD_ROW2 row = route_on(9, "10.20.0.0", 16, "10.8.0.1", 5);
    assert_int_equal(CreateIpForwardEntry2(&row), 0);
    cJSON *line = last_record("CreateIpForwardEntry2");
    assert_string_equal(record_text(line, "prefix"), "10.20.0.0/16");
    assert_string_equal(record_text(line, "next_hop"), "10.8.0.1");
    assert_string_equal(record_text(line, "alias"), "OpenVPN Wintun \xE2\x80\x93 B\xC3\xBCro");
    assert_true(record_value(line, "interface") == 9);
    assert_true(record_value(line, "metric") == 5);
    assert_true(record_value(line, "result") == 0);
    assert_true(record_value(line, "pid") == GetCurrentProcessId());
    cJSON_Delete(line);
}

static void test_group_that_is_off_is_not_recorded(void **state)
{
    (void)state;
    MIB_IPFORWARD_ROW2 row = route_on(9, "10.20.0.0", 16, "10.8.0.1", 5);
    ask_ok("{'do':'recording', 'groups':['pipes']}");
    assert_int_equal(CreateIpForwardEntry2(&row), 0);
    ask_ok("{'do':'recording', 'groups':['network']}");
    assert_int_equal(CreateIpForwardEntry2(&row), ERROR_OBJECT_ALREADY_EXISTS);
    cJSON *line = last_record("CreateIpForwardEntry2");
    assert_true(record_value(line, "result") == ERROR_OBJECT_ALREADY_EXISTS);
    cJSON_Delete(line);
}

static void test_dumps_of_equal_machines_are_equal(void **state)
{
    (void)state;
    cJSON *before = ask("{'do':'dump'}");
    MIB_IPFORWARD_ROW2 row = route_on(9, "10.20.0.0", 16, "10.8.0.1", 5);
    assert_int_equal(CreateIpForwardEntry2(&row), 0);
    cJSON *between = ask("{'do':'dump'}");
    assert_int_equal(DeleteIpForwardEntry2(&row), 0);
    cJSON *after = ask("{'do':'dump'}");
    assert_true(cJSON_Compare(before, after, TRUE));
    assert_false(cJSON_Compare(before, between, TRUE));
    cJSON_Delete(before);
    cJSON_Delete(between);
    cJSON_Delete(after);
}

static void test_driver_edits_behind_our_back(void **state)
{
    (void)state;
    ask_ok("{'do':'edit', 'kind':'route', 'action':'delete', 'row':{'interface':2,"
           "'prefix':'10.99.0.0/16', 'next_hop':'10.8.0.1'}}");
    assert_false(has_route(route_on(2, "10.99.0.0", 16, "10.8.0.1", 0)));
    ask_ok("{'do':'edit', 'kind':'route', 'action':'add', 'row':{'interface':2,"
           "'prefix':'10.99.0.0/16', 'next_hop':'10.8.0.1', 'metric':9}}");
    assert_true(has_route(route_on(2, "10.99.0.0", 16, "10.8.0.1", 0)));
    ask_ok("{'do':'edit', 'kind':'interface', 'action':'set', 'row':{'interface':2, 'index':22}}");
    assert_true(has_route(route_on(22, "10.99.0.0", 16, "10.8.0.1", 0)));
    ask_ok("{'do':'edit', 'kind':'interface', 'action':'delete', 'row':{'interface':22}}");
    MIB_IPFORWARD_ROW2 row = route_on(22, "10.99.0.0", 16, "10.8.0.1", 0);
    assert_int_equal(GetIpForwardEntry2(&row), ERROR_FILE_NOT_FOUND);
    cJSON *answer = ask("{'do':'edit', 'kind':'address', 'action':'delete',"
                        "'row':{'interface':5, 'address':'1.2.3.4'}}");
    assert_true(record_value(answer, "error_code") == ERROR_NOT_FOUND);
    cJSON_Delete(answer);
}

static double add_routes(unsigned first, unsigned count)
{
    LARGE_INTEGER begin, end, frequency;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&begin);
    for (unsigned i = first; i < first + count; i++) {
        MIB_IPFORWARD_ROW2 row = route_on(2, "100.64.0.0", 32, "10.8.0.1", 1);
        row.DestinationPrefix.Prefix.Ipv4.sin_addr.s_addr = htonl(0x64400000 + i);
        if (CreateIpForwardEntry2(&row) != 0)
            fail_msg("route %u", i);
    }
    QueryPerformanceCounter(&end);
    return (double)(end.QuadPart - begin.QuadPart) / (double)frequency.QuadPart;
}

static void test_twenty_thousand_routes_take_linear_time(void **state)
{
    (void)state;
    double first = add_routes(0, 5000);
    add_routes(5000, 10000);
    double last = add_routes(15000, 5000);
    print_message("5,000 routes: %.1f ms at first, %.1f ms after 15,000\n", first * 1000,
                  last * 1000);
    assert_true(last < 4 * first + 0.05);
    MIB_IPFORWARD_TABLE2 *table;
    assert_int_equal(GetIpForwardTable2(AF_INET, &table), 0);
    assert_true(table->NumEntries > 20000);
    FreeMibTable(table);
    for (unsigned i = 0; i < 20000; i++) {
        MIB_IPFORWARD_ROW2 row = route_on(2, "100.64.0.0", 32, "10.8.0.1", 1);
        row.DestinationPrefix.Prefix.Ipv4.sin_addr.s_addr = htonl(0x64400000 + i);
        if (DeleteIpForwardEntry2(&row) != 0)
            fail_msg("route %u", i);
    }
}

const struct CMUnitTest network_tests[] = {
    TEST(test_create_route_errors),
    TEST(test_luid_wins_over_index),
    TEST(test_route_is_read_changed_and_deleted),
    TEST(test_route_table_is_whole),
    TEST(test_best_route_prefers_length_then_metric),
    TEST(test_address_errors),
    TEST(test_addresses_bring_and_take_routes),
    TEST(test_interface_names),
    TEST(test_interface_metric_and_mtu),
    TEST(test_call_is_recorded_with_its_arguments),
    TEST(test_group_that_is_off_is_not_recorded),
    TEST(test_dumps_of_equal_machines_are_equal),
    TEST(test_driver_edits_behind_our_back),
    TEST(test_twenty_thousand_routes_take_linear_time),
};
const size_t network_test_count = ARRAYSIZE(network_tests);
