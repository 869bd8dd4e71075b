/* SPDX-License-Identifier: MIT */
#include "dns/nrpt.h"

#include "base/errors.h"

#define KEY_START u"OpenVPNDNSRouting"

/* Registry value types (winnt.h). */
enum { TYPE_TEXT = 1, TYPE_NUMBER = 4, TYPE_LIST = 7 };

/* ---- making rules ---- */

uint32_t nrpt_main_rule(const char addresses[NAME_SERVERS_IN_NRPT][NAME_SERVER_FIELD_SIZE],
                        const char *resolve_domains, uint32_t pid, bool dnssec,
                        struct nrpt_rule *rule, struct domains_left_out *left_out)
{
    struct text key = TEXT_ON(rule->key);
    struct multi_string names = MULTI_STRING_ON(rule->names);
    text_append(&key, KEY_START);
    text_append_format(&key, "-%lu", (unsigned long)pid);
    rule->dnssec = dnssec;
    uint32_t error = name_servers_of_nrpt(addresses, 0, ';', rule->servers);
    if (!error)
        error = domains_resolve(resolve_domains, DOMAINS_FIELD_SIZE, &names, left_out);
    rule->names_count = multi_string_count(&names);
    return error;
}

bool nrpt_is_catch_all(const struct nrpt_rule *rule)
{
    return text_equal(rule->names, u".");
}

/* ---- rules in the registry ---- */

/* ConfigOptions of [MS-GPNRPT]: the rule has generic DNS servers (8), and DNSSEC settings (2). */
static const uint32_t generic_servers = 0x8, generic_servers_dnssec = 0xA;
static const uint32_t version = 2;
static const uint32_t yes = 1, no = 0;

static struct nrpt_value nrpt_text_value(const char16_t *name, const char16_t *text)
{
    uint32_t size = (uint32_t)((text_length(text) + 1) * sizeof(*text));
    return (struct nrpt_value){name, TYPE_TEXT, text, size};
}

static struct nrpt_value nrpt_list_value(const char16_t *name, const char16_t *units, size_t count)
{
    return (struct nrpt_value){name, TYPE_LIST, units, (uint32_t)(count * sizeof(*units))};
}

static struct nrpt_value nrpt_number_value(const char16_t *name, const uint32_t *number)
{
    return (struct nrpt_value){name, TYPE_NUMBER, number, sizeof(*number)};
}

size_t nrpt_values(const struct nrpt_rule *rule, struct nrpt_value values[NRPT_VALUE_MAX])
{
    size_t count = 0;
    values[count++] = nrpt_list_value(u"Name", rule->names, rule->names_count);
    values[count++] = nrpt_text_value(u"GenericDNSServers", rule->servers);
    if (rule->dnssec) {
        values[count++] = nrpt_number_value(u"DNSSECValidationRequired", &yes);
        values[count++] = nrpt_number_value(u"DNSSECQueryIPSECRequired", &no);
        values[count++] = nrpt_number_value(u"DNSSECQueryIPSECEncryption", &no);
    }
    values[count++] = nrpt_number_value(u"ConfigOptions",
                                        rule->dnssec ? &generic_servers_dnssec : &generic_servers);
    values[count++] = nrpt_number_value(u"Version", &version);
    return count;
}

bool nrpt_key_is_ours(const char16_t *name)
{
    return text_starts_with(name, KEY_START);
}

bool nrpt_key_pid(const char16_t *name, uint32_t *pid)
{
    if (!nrpt_key_is_ours(name))
        return false;
    const char16_t *digits = NULL;
    for (const char16_t *dash = name; (dash = text_find(dash, '-')) != NULL;)
        digits = ++dash;
    /* ids are written without leading zeros, so a number with one is not an id */
    if (!digits || !*digits || (digits[0] == '0' && digits[1]))
        return false;
    uint64_t value = 0;
    for (; *digits; digits++) {
        if (*digits < '0' || *digits > '9')
            return false;
        value = value * 10 + (uint64_t)(*digits - '0');
        if (value > UINT32_MAX)
            return false;
    }
    *pid = (uint32_t)value;
    return true;
}
