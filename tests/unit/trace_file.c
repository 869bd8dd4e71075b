/* SPDX-License-Identifier: MIT */
#include "tests/unit/trace_file.h"

#include "tests/unit/cmocka_test.h"

#include <stdio.h>
#include <string.h>

static const char TRACE[] = "tests/traces/openvpn-2.7-x64-netsh.txt";

/* "   0.069 > to service 288 bytes flush_neighbors ..." */
static bool read_heading(const char *line, struct traced *message)
{
    char direction, to[8], peer[8];
    if (sscanf(line, "%*f %c %7s %7s %zu bytes", &direction, to, peer, &message->size) != 4 ||
        strcmp(to, "to") != 0)
        return false;
    assert_true(message->size <= sizeof(message->bytes));
    message->to_service = direction == '>';
    assert_string_equal(peer, message->to_service ? "service" : "client");
    return true;
}

/* "      0020:6c204172... text" */
static bool read_dump(const char *line, struct traced *message)
{
    unsigned offset, byte;
    int used = 0;
    if (sscanf(line, " %4x:%n", &offset, &used) != 1 || used == 0)
        return false;
    for (const char *hex = line + used; sscanf(hex, "%2x", &byte) == 1 && *hex != ' '; hex += 2) {
        assert_true(offset < message->size);
        message->bytes[offset++] = (uint8_t)byte;
    }
    return true;
}

size_t trace_read(struct traced trace[TRACE_CAPACITY])
{
    char line[256];
    size_t length = 0;
    FILE *file = fopen(TRACE, "r");
    if (!file)
        return 0;
    while (fgets(line, sizeof(line), file)) {
        struct traced next = {0};
        if (read_heading(line, &next)) {
            assert_true(length < TRACE_CAPACITY);
            trace[length++] = next;
        } else if (length > 0) {
            (void)read_dump(line, &trace[length - 1]);
        }
    }
    fclose(file);
    return length;
}
