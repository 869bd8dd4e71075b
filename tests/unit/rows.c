/* SPDX-License-Identifier: MIT */
#include "tests/unit/rows.h"

#include "base/array.h"

#include <string.h>

enum type { ROUTE, ADDRESS };

struct row {
    const char *name;
    uint32_t index; /* 0: any VPN adapter of third_party.h */
    enum type type;
    int16_t family;
    struct v4 bytes; /* the first bytes of the prefix or address; the others are 0 */
    int32_t length;
    struct v4 gateway;
};

enum { PHYSICAL_ROWS = 3, VPN_ROWS = 9, MOST_ROWS = PHYSICAL_ROWS + VPN_ROWS * TEST_ADAPTERS };

static const struct row physical_rows[PHYSICAL_ROWS] = {
    {"default route", POPULATED_ETHERNET, ROUTE, FAMILY_IPV4, {{0}}, 0, {{192, 168, 1, 1}}},
    {"default route", POPULATED_WIFI, ROUTE, FAMILY_IPV4, {{0}}, 0, {{192, 168, 1, 1}}},
    {"192.168.1.57", POPULATED_WIFI, ADDRESS, FAMILY_IPV4, {{192, 168, 1, 57}}, 24, {{0}}},
};

static const struct row vpn_rows[VPN_ROWS] = {
    {"route to 10.20.0.0", 0, ROUTE, FAMILY_IPV4, {{10, 20, 0, 0}}, 24, {{10, 8, 0, 1}}},
    {"route to 10.20.1.0", 0, ROUTE, FAMILY_IPV4, {{10, 20, 1, 0}}, 24, {{10, 8, 0, 1}}},
    {"route to 10.20.2.0", 0, ROUTE, FAMILY_IPV4, {{10, 20, 2, 0}}, 24, {{10, 8, 0, 1}}},
    {"route to fd00::", 0, ROUTE, FAMILY_IPV6, {{0xfd, 0, 0, 0}}, 64, {{0xfe, 0x80, 0, 0}}},
    {"route to fd00:1::", 0, ROUTE, FAMILY_IPV6, {{0xfd, 0, 0, 1}}, 64, {{0xfe, 0x80, 0, 0}}},
    {"10.8.0.6", 0, ADDRESS, FAMILY_IPV4, {{10, 8, 0, 6}}, 24, {{0}}},
    {"10.8.0.7", 0, ADDRESS, FAMILY_IPV4, {{10, 8, 0, 7}}, 24, {{0}}},
    {"fd08:6::", 0, ADDRESS, FAMILY_IPV6, {{0xfd, 8, 0, 6}}, 64, {{0}}},
    {"fd08:7::", 0, ADDRESS, FAMILY_IPV6, {{0xfd, 8, 0, 7}}, 64, {{0}}},
};

static struct message add_row(const struct row *row, uint32_t index)
{
    struct message message =
        row->type == ROUTE
            ? route_message(MESSAGE_ADD_ROUTE, index, row->bytes, row->length, row->gateway, 0)
            : address_message(MESSAGE_ADD_ADDRESS, index, row->bytes, row->length);
    *(row->type == ROUTE ? &message.route.family : &message.address.family) = row->family;
    return message;
}

/* ---- requests ---- */

static void vary(struct message *message)
{
    static const int32_t metrics[] = {-1, 0, 25, 50, 7};
    if (message->kind == MESSAGE_ADD_ROUTE)
        message->route.metric = metrics[random_below(ARRAY_COUNT(metrics))];
    else if (message->address.family == FAMILY_IPV4)
        message->address.prefix_length += (int32_t)random_below(2);
}

struct message rows_random_request(const struct adapter *adapter)
{
    const bool is_physical = random_one_in(3);
    const struct row *row = is_physical ? &physical_rows[random_below(PHYSICAL_ROWS)]
                                        : &vpn_rows[random_below(VPN_ROWS)];
    struct message message = add_row(row, is_physical ? row->index : adapter->index);
    vary(&message);
    if (random_one_in(3))
        message.kind = row->type == ROUTE ? MESSAGE_DELETE_ROUTE : MESSAGE_DELETE_ADDRESS;
    return message;
}

/* ---- the state of the machine ---- */

enum { TEXT_SIZE = 32 };
static char saved[MOST_ROWS][TEXT_SIZE];

static void read_row(struct fake_machine *machine, const struct row *row, uint32_t index,
                     char text[TEXT_SIZE])
{
    const struct message message = add_row(row, index);
    struct route_settings route = {0};
    struct address_settings address = {0};
    snprintf(text, TEXT_SIZE, "none");
    if (row->type == ROUTE && machine_has_route(machine, &message, &route))
        snprintf(text, TEXT_SIZE, "metric %u", (unsigned)route.metric);
    if (row->type == ADDRESS && machine_has_address(machine, &message, &address))
        snprintf(text, TEXT_SIZE, "length %u", (unsigned)address.prefix_length);
}

static const struct row *nth_row(size_t nth, uint32_t *index)
{
    if (nth < PHYSICAL_ROWS) {
        *index = physical_rows[nth].index;
        return &physical_rows[nth];
    }
    nth -= PHYSICAL_ROWS;
    *index = adapters[nth / VPN_ROWS].index;
    return &vpn_rows[nth % VPN_ROWS];
}

void rows_save(struct fake_machine *machine)
{
    for (size_t i = 0; i < MOST_ROWS; i++) {
        uint32_t index;
        const struct row *row = nth_row(i, &index);
        read_row(machine, row, index, saved[i]);
    }
}

bool rows_check(struct fake_machine *machine)
{
    bool is_so = true;
    for (size_t i = 0; i < MOST_ROWS; i++) {
        char found[TEXT_SIZE];
        uint32_t index;
        const struct row *row = nth_row(i, &index);
        read_row(machine, row, index, found);
        if (strcmp(found, saved[i]) == 0)
            continue;
        fprintf(stderr, "%s of %u: %s, not %s\n", row->name, (unsigned)index, found, saved[i]);
        is_so = false;
    }
    return is_so;
}
