/* SPDX-License-Identifier: MIT */
/* By netsh: NetBIOS over TCP/IP reads its registry values only when an interface comes up, and has
 * no documented call to change them. */
#include "resource/wins.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "dns/multi_string.h"
#include "dns/name_servers.h"
#include "resource/interface.h"
#include "resource/kinds.h"
#include "resource/netsh.h"
#include "resource/tcpip_registry.h"
#include "system/programs.h"

#include <stdio.h>
#include <string.h>

enum { KEY_SIZE = 8, NETSH_MILLISECONDS = 30000, LIST_UNITS = NAME_SERVERS_CAPACITY + 1 };

#define VALUE u"NameServerList"

/* ---- netsh ---- */

/* Its error is ignored: netsh fails when there is nothing to delete. */
static void wins_delete_all(struct network *network, uint32_t index)
{
    char16_t arguments[PROGRAM_ARGUMENTS];
    struct text text = TEXT_ON(arguments);
    text_append_format(&text, "interface ip delete wins %lu  all", (unsigned long)index);
    netsh_run(network, &text, NETSH_MILLISECONDS);
}

static uint32_t wins_add_one(struct network *network, uint32_t index, bool is_first,
                             const char16_t *server, size_t length)
{
    char16_t arguments[PROGRAM_ARGUMENTS];
    struct text text = TEXT_ON(arguments);
    struct ip ip;
    /* a list that comes from the registry may hold anything */
    if (!numeric_parse(server, length, &ip) || ip.family != FAMILY_IPV4)
        return 0;
    text_append_format(
        &text, is_first ? "interface ip set wins %lu static " : "interface ip add wins %lu  ",
        (unsigned long)index);
    text_append_units(&text, server, length);
    return netsh_run(network, &text, NETSH_MILLISECONDS);
}

static uint32_t wins_run_netsh(struct network *network, uint32_t index, struct bytes list)
{
    size_t at = 0, length;
    const char16_t *server;
    bool is_first = true;
    char16_t units[LIST_UNITS];
    size_t count = list.size > 4 ? (list.size - 4) / sizeof(*units) : 0;
    uint32_t error = 0;
    if (count > LIST_UNITS)
        count = LIST_UNITS;
    if (count)
        memcpy(units, (const unsigned char *)list.at + 4, count * sizeof(*units));
    wins_delete_all(network, index);
    while (!error && (server = multi_string_next(units, count, &at, &length)) != NULL) {
        error = wins_add_one(network, index, is_first, server, length);
        is_first = false;
    }
    return error;
}

/* ---- the kind: the interface's NameServerList, as a value of the registry ---- */

static uint32_t wins_registry_path(struct network *network, struct bytes key,
                                   char16_t path[PATH_UNITS])
{
    char16_t guid[GUID_UNITS];
    uint32_t error = network->get_guid(network, load_u64(key.at), guid);
    if (!error)
        path_join(path, NETBT_KEY INTERFACES u"\\Tcpip_", guid, NULL);
    return error;
}

static uint32_t wins_probe(void *context, struct bytes key, struct state *state)
{
    struct network *network = context;
    char16_t path[PATH_UNITS];
    uint32_t error = wins_registry_path(network, key, path);
    if (error)
        return absent_if_gone(error, state);
    return registry_read_state(network->registry, path, VALUE, state);
}

static bool wins_is_valid(struct bytes key, struct bytes state)
{
    return key.size == KEY_SIZE && registry_state_is_valid(state);
}

/* netsh configures the driver. The value that it writes to the registry may differ in its form, so
 * it is written once more. */
static uint32_t wins_configure(struct network *network, uint32_t index, const char16_t *path,
                               struct bytes desired)
{
    CLEANUP_STATE struct state found = {0};
    uint32_t error = wins_run_netsh(network, index, desired);
    if (!error)
        error = registry_read_state(network->registry, path, VALUE, &found);
    if (error || bytes_equal(state_bytes(&found), desired))
        return error;
    return registry_write_state(network->registry, path, VALUE, desired);
}

static uint32_t wins_change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct network *network = context;
    char16_t path[PATH_UNITS];
    uint32_t index, error = wins_registry_path(network, key, path);
    if (!error)
        error = network->get_index(network, load_u64(key.at), &index);
    if (error)
        return error;
    error = wins_configure(network, index, path, to);
    if (error) {
        wins_run_netsh(network, index, from);
        registry_retry_state(network->registry, path, VALUE, from);
    }
    return error;
}

static void wins_describe(struct bytes key, char *text, size_t size)
{
    snprintf(text, size, "WINS servers of interface %016llx", (unsigned long long)load_u64(key.at));
}

const struct kind wins_kind = {
    .name = "WINS servers",
    .number = KIND_WINS,
    .lifetime = LIFETIME_DISK,
    .is_in_steps = true,
    .is_valid = wins_is_valid,
    .identify = interface_identify,
    .is_away = interface_is_away,
    .probe = wins_probe,
    .change = wins_change,
    .satisfies = bytes_equal,
    .describe = wins_describe,
};

uint32_t wins_set(struct ledger *ledger, struct ledger_session *session, uint64_t interface_luid,
                  const char16_t *servers)
{
    char16_t units[LIST_UNITS];
    unsigned char key[KEY_SIZE], state[4 + sizeof(units)];
    struct multi_string list = MULTI_STRING_ON(units);
    for (const char16_t *start = servers, *end; *start; start = *end ? end + 1 : end) {
        end = text_find(start, ',');
        if (!end)
            end = start + text_length(start);
        multi_string_append(&list, start, (size_t)(end - start));
    }
    size_t size = multi_string_count(&list) * sizeof(*units);
    store_u64(key, interface_luid);
    store_u32(state, REGISTRY_LIST);
    memcpy(state + 4, units, size);
    return ledger_set(ledger, session, &wins_kind, (struct bytes){key, sizeof(key)},
                      (struct bytes){state, 4 + size});
}

uint32_t wins_release(struct ledger *ledger, struct ledger_session *session,
                      uint64_t interface_luid)
{
    unsigned char key[KEY_SIZE];
    store_u64(key, interface_luid);
    uint32_t error = ledger_release(ledger, session, &wins_kind, (struct bytes){key, sizeof(key)});
    return error == ERROR_NOT_FOUND ? 0 : error;
}
