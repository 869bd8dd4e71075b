/* SPDX-License-Identifier: MIT */
#include "tests/unit/kind_samples.h"

#include "base/log.h"
#include "undo/claims.h"

#include <stdlib.h>
#include <string.h>

struct sample samples[MOST_SAMPLES];
size_t sample_count;

struct bytes bytes_copy(struct bytes bytes)
{
    void *copy = malloc(bytes.size + 1);
    assert_non_null(copy);
    if (bytes.size)
        memcpy(copy, bytes.at, bytes.size);
    return (struct bytes){copy, bytes.size};
}

void bytes_free(struct bytes bytes)
{
    free((void *)(uintptr_t)bytes.at);
}

static bool is_of_journal(const struct kind *kind)
{
    for (size_t i = 0; i < RESOURCE_KINDS; i++)
        if (resource_kinds[i] == kind)
            return true;
    return false;
}

/* Packet filters are left out: no journal holds them. */
static void keep(const struct resource *resource, const struct state *state)
{
    if (!is_of_journal(resource->kind))
        return;
    assert_true(sample_count < MOST_SAMPLES);
    samples[sample_count++] =
        (struct sample){resource->kind, bytes_copy(resource->key), bytes_copy(state_bytes(state))};
}

static void keep_all(void)
{
    for (struct resource *resource = ledger->resources; resource; resource = resource->hh.next) {
        CLEANUP_STATE struct state found = {0};
        keep(resource, &resource->base);
        for (const struct claim *claim = resource->top; claim; claim = claim->below) {
            keep(resource, &claim->wanted);
            keep(resource, &claim->observed);
        }
        state_copy(&found, &resource->top->wanted);
        assert_int_equal(resource->kind->probe(network, resource->key, &found), 0);
        keep(resource, &found);
    }
}

static uint32_t send_ipv6(enum message_kind kind, struct message message)
{
    message.kind = kind;
    return client_send(&channel, &message);
}

static void change_rows(void)
{
    static const struct message_ip ip = {{0xfd, 1, [15] = 9}}, net = {{0xfd, 2}};
    const struct message messages[] = {
        address_message(MESSAGE_ADD_ADDRESS, POPULATED_VPN, V4(10, 8, 0, 6), 24),
        address_message(MESSAGE_DELETE_ADDRESS, POPULATED_ETHERNET, V4(192, 168, 1, 23), 24),
        route_message(MESSAGE_ADD_ROUTE, POPULATED_VPN, V4(10, 9, 0, 0), 16, V4(10, 8, 0, 1), -1),
        route_message(MESSAGE_DELETE_ROUTE, POPULATED_ETHERNET, V4(0, 0, 0, 0), 0,
                      V4(192, 168, 1, 1), 0),
        {.kind = MESSAGE_SET_MTU,
         .mtu = {.interface.index = POPULATED_VPN, .family = FAMILY_IPV6, .mtu = 1400}},
        {.kind = MESSAGE_ADD_WFP_BLOCK, .wfp_block = {.interface.index = POPULATED_VPN}},
        {.kind = MESSAGE_ENABLE_DHCP, .dhcp.interface.index = POPULATED_VPN},
    };
    for (size_t i = 0; i < ARRAY_COUNT(messages); i++)
        client_send(&channel, &messages[i]);
    send_ipv6(MESSAGE_ADD_ADDRESS, (struct message){.address = {.family = FAMILY_IPV6,
                                                                .address = ip,
                                                                .prefix_length = 64,
                                                                .interface.index = POPULATED_VPN}});
    send_ipv6(MESSAGE_ADD_ROUTE, (struct message){.route = {.family = FAMILY_IPV6,
                                                            .prefix = net,
                                                            .prefix_length = 32,
                                                            .gateway = ip,
                                                            .interface.index = POPULATED_VPN,
                                                            .metric = 5}});
    const struct message dhcp = {.kind = MESSAGE_ENABLE_DHCP,
                                 .dhcp.interface.index = POPULATED_TAP},
                         wins = wins_message(MESSAGE_ADD_WINS, POPULATED_TAP, "10.8.0.5 10.8.0.6");
    assert_int_equal(client_send(&other, &dhcp), 0);
    assert_int_equal(client_send(&other, &wins), 0);
}

/* Every key for names and rules: the lists of the machine and of the interface, with and without
 * group policy. */
static void change_names(void)
{
    assert_int_equal(send_dns(&old, TAP_NAME, FAMILY_IPV4, "10.8.0.1", "old.example"), 0);
    assert_int_equal(send_dns(&other, VPN_NAME, FAMILY_IPV6, "fd00::1", "a.example,b.example"), 0);
    assert_int_equal(send_nrpt(&channel, "10.8.0.1 fd00::1", "", "vpn.example"), 0);
    keep_all();
    channel_close(&channel);
    channel_close(&other);
    machine_set_text(machine, POLICY, u"SearchList", u"policy.example");
    machine_add_key(machine, POLICY u"\\DnsPolicyConfig");
    machine_remove_value(machine, TCPIP, u"SearchList");
    assert_int_equal(send_nrpt(&channel, "10.8.0.1", ".vpn.example", "vpn.example"), 0);
    machine_remove_value(machine, POLICY, u"SearchList");
    assert_int_equal(send_dns(&other, VPN_NAME, FAMILY_IPV4, "10.8.0.1", "b\xC3\xBC.example"), 0);
    keep_all();
}

int collect_samples(void **state)
{
    set_up_machine(state);
    change_rows();
    change_names();
    return 0;
}

int forget_samples(void **state)
{
    (void)state;
    for (; sample_count > 0; sample_count--) {
        bytes_free(samples[sample_count - 1].key);
        bytes_free(samples[sample_count - 1].state);
    }
    channel_close(&channel);
    channel_close(&other);
    channel_close(&old);
    ledger_destroy(ledger);
    machine_destroy(before);
    machine_destroy(machine);
    log_to(NULL);
    return 0;
}

/* Copies of exact size at an odd address let the sanitizers see overruns and misaligned reads. */
bool is_valid_at_odd_address(const struct kind *kind, struct bytes key, struct bytes state)
{
    unsigned char *key_at = malloc(key.size + 1), *state_at = malloc(state.size + 1);
    assert_non_null(key_at);
    assert_non_null(state_at);
    if (key.size)
        memcpy(key_at + 1, key.at, key.size);
    if (state.size)
        memcpy(state_at + 1, state.at, state.size);
    bool is_valid = kind->is_valid((struct bytes){key_at + 1, key.size},
                                   (struct bytes){state_at + 1, state.size});
    free(key_at);
    free(state_at);
    return is_valid;
}
