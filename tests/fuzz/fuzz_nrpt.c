/* SPDX-License-Identifier: MIT */
/* NRPT rules from any message and any registry, and their keys. */
#include "dns/exclude.h"
#include "tests/fuzz/fuzz.h"

static void check_rule(const struct nrpt_rule *rule, uint32_t pid)
{
    struct nrpt_value values[NRPT_VALUE_MAX];
    uint32_t its_pid;
    FUZZ_REQUIRE(nrpt_values(rule, values) == (rule->dnssec ? 7 : 4));
    FUZZ_REQUIRE(nrpt_key_pid(rule->key, &its_pid) && its_pid == pid);
    FUZZ_REQUIRE(rule->servers[0] && text_length(rule->servers) < NRPT_SERVERS_CAPACITY);
    FUZZ_REQUIRE(rule->names_count >= 3 && rule->names_count <= DOMAINS_CAPACITY);
    FUZZ_REQUIRE(rule->names[rule->names_count - 1] == 0 &&
                 rule->names[rule->names_count - 2] == 0);
    for (const char16_t *unit = rule->servers; *unit; unit++)
        FUZZ_REQUIRE(*unit < 0x80 && text_find(u"0123456789abcdefABCDEF.:;", *unit));
}

/* The message's field as it was sent, then its address fields, then the registry. */
static void check_main_rule(struct input *input, uint32_t pid)
{
    char addresses[NAME_SERVERS_IN_NRPT][NAME_SERVER_FIELD_SIZE] = {{0}};
    char resolve_domains[DOMAINS_FIELD_SIZE] = {0};
    struct nrpt_rule rule;
    struct domains_left_out left_out = {0};
    for (size_t i = 0; i < NAME_SERVERS_IN_NRPT; i++) {
        CLEANUP_FREE char *address = input_string(input);
        strncpy(addresses[i], address, sizeof(addresses[i]) - 1);
        if (i == 0 && !address[0]) /* otherwise almost every input would be refused */
            memcpy(addresses[i], "10.8.0.1", 8);
    }
    size_t size = input->left < DOMAINS_FIELD_SIZE ? input->left : DOMAINS_FIELD_SIZE;
    if (size)
        memcpy(resolve_domains, input->at, size);
    if (nrpt_main_rule((const char(*)[NAME_SERVER_FIELD_SIZE])addresses, resolve_domains, pid,
                       pid & 1, &rule, &left_out) == 0)
        check_rule(&rule, pid);
}

static void check_exclude_rules(struct input *input, uint32_t pid)
{
    static struct nrpt_rule rules[EXCLUDE_RULES_MAX];
    CLEANUP_FREE char16_t *search = input_text(input);
    CLEANUP_FREE char16_t *suffixes = input_text(input);
    CLEANUP_FREE char16_t *domain = input_text(input);
    CLEANUP_FREE char16_t *servers = input_text(input);
    CLEANUP_FREE char16_t *servers6 = input_text(input);
    const struct exclude_interface interfaces[] = {
        {.suffixes = {suffixes, domain}, .name_servers = {servers}, .name_servers6 = servers6},
        {.suffixes = {[2] = suffixes, [3] = domain},
         .name_servers = {[1] = servers},
         .dhcp6_name_servers = input->at,
         .dhcp6_size = input->left},
    };
    size_t count = exclude_rules(interfaces, ARRAY_COUNT(interfaces), search, pid, rules);
    FUZZ_REQUIRE(count <= ARRAY_COUNT(interfaces));
    for (size_t i = 0; i < count; i++)
        check_rule(&rules[i], pid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    uint32_t pid = (uint32_t)input_byte(&input) << 24 | input_byte(&input);
    struct input again = input;
    check_main_rule(&input, pid);
    check_exclude_rules(&again, pid);

    CLEANUP_FREE char16_t *key = input_text(&input);
    nrpt_key_pid(key, &pid);
    return 0;
}
