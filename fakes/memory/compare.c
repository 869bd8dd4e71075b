/* SPDX-License-Identifier: MIT */
#include "fakes/memory/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct text_of_ip {
    char text[64];
};

static struct text_of_ip ip_text(const struct ip *ip)
{
    struct text_of_ip result;
    const uint8_t *b = ip->bytes;
    if (ip->family == FAMILY_4) {
        snprintf(result.text, sizeof(result.text), "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
        return result;
    }
    size_t length = 0;
    for (unsigned i = 0; i < 16; i += 2)
        length += (size_t)snprintf(result.text + length, sizeof(result.text) - length, "%s%x",
                                   i ? ":" : "", b[i] << 8 | b[i + 1]);
    return result;
}

static void print_address(FILE *to, const char *prefix, const struct address_row *row)
{
    const struct address_settings *s = &row->settings;
    if (!to)
        return;
    fprintf(to,
            "%s address %s on %016" PRIx64 ": prefix %u, skip %u, origins %" PRIu32 " %" PRIu32
            ", lifetimes %" PRIu32 " %" PRIu32 "\n",
            prefix, ip_text(&row->key.address).text, row->key.interface_luid, s->prefix_length,
            s->skip_as_source, s->prefix_origin, s->suffix_origin, s->valid_lifetime,
            s->preferred_lifetime);
}

static void print_route(FILE *to, const char *prefix, const struct route_row *row)
{
    const struct route_settings *s = &row->settings;
    if (!to)
        return;
    fprintf(to,
            "%s route %s/%u via %s on %016" PRIx64 ": metric %" PRIu32 ", protocol %" PRIu32
            ", lifetimes %" PRIu32 " %" PRIu32 ", site prefix %u, loopback %u, autoconfigure %u, "
            "publish %u, immortal %u\n",
            prefix, ip_text(&row->key.prefix).text, row->key.prefix_length,
            ip_text(&row->key.next_hop).text, row->key.interface_luid, s->metric, s->protocol,
            s->valid_lifetime, s->preferred_lifetime, s->site_prefix_length, s->loopback,
            s->autoconfigure_address, s->publish, s->immortal);
}

static bool address_settings_equal(const struct address_settings *a,
                                   const struct address_settings *b)
{
    return a->prefix_length == b->prefix_length && a->skip_as_source == b->skip_as_source &&
           a->prefix_origin == b->prefix_origin && a->suffix_origin == b->suffix_origin &&
           a->valid_lifetime == b->valid_lifetime && a->preferred_lifetime == b->preferred_lifetime;
}

static bool route_settings_equal(const struct route_settings *a, const struct route_settings *b)
{
    return a->metric == b->metric && a->protocol == b->protocol &&
           a->valid_lifetime == b->valid_lifetime &&
           a->preferred_lifetime == b->preferred_lifetime &&
           a->site_prefix_length == b->site_prefix_length && a->loopback == b->loopback &&
           a->autoconfigure_address == b->autoconfigure_address && a->publish == b->publish &&
           a->immortal == b->immortal;
}

static bool interface_ip_equal(const struct interface_ip *a, const struct interface_ip *b)
{
    return a->is_absent == b->is_absent && a->metric.automatic == b->metric.automatic &&
           a->metric.metric == b->metric.metric && a->mtu == b->mtu;
}

static bool interface_equal(const struct interface_row *row, const struct interface_row *other)
{
    return other && interface_ip_equal(&row->ip[0], &other->ip[0]) &&
           interface_ip_equal(&row->ip[1], &other->ip[1]);
}

static void print_interface(FILE *to, const char *prefix, const struct interface_row *row)
{
    if (!to)
        return;
    fprintf(to, "%s interface %s", prefix, row->interface.alias);
    for (size_t i = 0; i < FAMILIES; i++)
        fprintf(to, "%s%s metric %" PRIu32 "%s, MTU %" PRIu32, i ? "; IPv6" : ": IPv4",
                row->ip[i].is_absent ? " absent," : "", row->ip[i].metric.metric,
                row->ip[i].metric.automatic ? " (automatic)" : "", row->ip[i].mtu);
    fputc('\n', to);
}

static void print_name(FILE *to, const char *before, const char16_t *name)
{
    char text[512] = "";
    text_to_utf8(name, text_length(name), text, sizeof(text) - 1);
    fprintf(to, "%s %s", before, text);
}

static bool value_equal(const struct value_row *row, const struct value_row *other)
{
    return other && row->type == other->type && row->size == other->size &&
           memcmp(row->bytes, other->bytes, row->size) == 0;
}

static size_t lacking_values(const struct key_row *key, const struct key_row *other, FILE *to,
                             const char *prefix)
{
    size_t count = 0;
    for (const struct value_row *row = key->values; row; row = row->next) {
        char text[512];
        if (other && value_equal(row, find_value(other, row->name)))
            continue;
        count++;
        if (!to)
            continue;
        print_value(text, sizeof(text), row);
        print_name(to, prefix, key->path);
        print_name(to, ":", row->name);
        fprintf(to, " = \"%s\" (type %" PRIu32 ", %" PRIu32 " bytes)\n", text, row->type,
                row->size);
    }
    return count;
}

static size_t lacking_keys(const struct fake_machine *a, const struct fake_machine *b, FILE *to,
                           const char *prefix)
{
    size_t count = 0;
    for (const struct key_row *key = a->keys; key; key = key->next) {
        const struct key_row *other = find_key(b, key->path);
        count += lacking_values(key, other, to, prefix);
        if (other)
            continue;
        count++;
        if (to) {
            print_name(to, prefix, key->path);
            fprintf(to, "\n");
        }
    }
    return count;
}

/* Counts the rows of `a` that are missing or different in `b`. */
static size_t count_missing(const struct fake_machine *a, const struct fake_machine *b, FILE *to,
                            const char *prefix)
{
    size_t count = 0;
    for (const struct address_row *row = a->addresses; row; row = row->hh.next) {
        const struct address_row *other = find_address(b, &row->key);
        if (other && address_settings_equal(&row->settings, &other->settings))
            continue;
        print_address(to, prefix, row);
        count++;
    }
    for (const struct route_row *row = a->routes; row; row = row->hh.next) {
        const struct route_row *other = find_route(b, &row->key);
        if (other && route_settings_equal(&row->settings, &other->settings))
            continue;
        print_route(to, prefix, row);
        count++;
    }
    for (const struct interface_row *row = a->interfaces; row; row = row->next) {
        if (interface_equal(row, find_interface(b, row->interface.luid)))
            continue;
        print_interface(to, prefix, row);
        count++;
    }
    for (const struct block_row *row = a->blocks; row; row = row->next) {
        const struct block_row *other = find_block(b, row->id);
        if (other && other->policy.kind == row->policy.kind &&
            other->policy.tunnel_luid == row->policy.tunnel_luid)
            continue;
        if (to)
            fprintf(to, "%s block %" PRIu64 ": policy %d, tunnel %016" PRIx64 "\n", prefix, row->id,
                    (int)row->policy.kind, row->policy.tunnel_luid);
        count++;
    }
    return count + lacking_keys(a, b, to, prefix);
}

static size_t compare_kill_switch(const struct fake_machine *a, const struct fake_machine *b,
                                  FILE *to)
{
    const bool equal = kill_switch_rows_equal(a->kill_switch_rows, b->kill_switch_rows);
    if (!equal && to)
        fprintf(to, "the kill switch is another\n");
    return !equal;
}

size_t machine_compare(const struct fake_machine *a, const struct fake_machine *b,
                       FILE *differences)
{
    HOLD(a);
    HOLD(b);
    return count_missing(a, b, differences, "only in the first:") +
           count_missing(b, a, differences, "only in the second:") +
           compare_kill_switch(a, b, differences);
}

bool machine_equal(const struct fake_machine *a, const struct fake_machine *b)
{
    return machine_compare(a, b, stderr) == 0;
}
