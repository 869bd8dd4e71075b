/* SPDX-License-Identifier: MIT */
/* The programs of the machine: netsh changes its registry, the others are only recorded. */
#include "fakes/memory/rows.h"

#include "base/errors.h"
#include "dns/multi_string.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_UNITS = 256 };

#define NETBT u"SYSTEM\\CurrentControlSet\\Services\\NetBT\\Parameters\\Interfaces\\Tcpip_"
#define TCPIP u"SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\Interfaces\\"

static struct fake_machine *programs_machine(struct programs *self)
{
    return (struct fake_machine *)(void *)((char *)self - offsetof(struct fake_machine, programs));
}

static struct key_row *key_of(struct fake_machine *machine, const char16_t *where, unsigned index)
{
    struct interface_row *row = machine->interfaces;
    char16_t path[224];
    struct text text = TEXT_ON(path);
    while (row && row->interface.index != index)
        row = row->next;
    if (!row)
        return NULL;
    text_append(&text, where);
    text_append(&text, row->guid);
    return find_key(machine, path);
}

/* Nothing is written after the process that waits for the program has died. */
static void write_value(struct fake_machine *machine, struct key_row *key, const char16_t *name,
                        uint32_t type, const void *bytes, uint32_t size)
{
    if (step(machine, RUN))
        return;
    insert_value(key, name, type, bytes, size);
    step(machine, RUN);
}

/* Appends the word (up to a space) to a list, which may not exist. */
static void append_to(struct fake_machine *machine, struct key_row *key, const char16_t *name,
                      const char *word)
{
    char16_t units[LIST_UNITS], added[64];
    struct multi_string list = MULTI_STRING_ON(units);
    const struct value_row *row = find_value(key, name);
    const char16_t *part;
    size_t at = 0, length, count = row ? row->size / sizeof(*units) : 0;
    while (row && (part = multi_string_next(row->bytes, count, &at, &length)) != NULL)
        multi_string_append(&list, part, length);
    length = text_from_utf8(word, strcspn(word, " "), added, 64);
    multi_string_append(&list, added, length);
    write_value(machine, key, name, REGISTRY_LIST, units,
                (uint32_t)(multi_string_count(&list) * sizeof(*units)));
}

static void clear(struct fake_machine *machine, struct key_row *key, const char16_t *name)
{
    static const char16_t none[2];
    write_value(machine, key, name, REGISTRY_LIST, none, sizeof(none));
}

static uint32_t wins(struct fake_machine *machine, const char *verb, unsigned index,
                     const char *rest)
{
    struct key_row *key = key_of(machine, NETBT, index);
    if (!key)
        return 1;
    const struct value_row *row = find_value(key, u"NameServerList");
    if (strcmp(verb, "delete") == 0 && (!row || row->size <= 4))
        return 1;
    if (strcmp(verb, "add") != 0)
        clear(machine, key, u"NameServerList");
    if (strcmp(verb, "delete") != 0)
        append_to(machine, key, u"NameServerList", rest + strspn(rest, " "));
    return 0;
}

static void set_dhcp(struct fake_machine *machine, struct key_row *key, uint32_t is_dhcp)
{
    static const char16_t *const lists[] = {u"IPAddress", u"SubnetMask", u"DefaultGateway",
                                            u"DefaultGatewayMetric"};
    write_value(machine, key, u"EnableDHCP", REGISTRY_NUMBER, &is_dhcp, sizeof(is_dhcp));
    for (size_t i = 0; i < 4; i++)
        clear(machine, key, lists[i]);
}

static uint32_t address(struct fake_machine *machine, const char *verb, unsigned index,
                        const char *rest)
{
    static const struct {
        const char *word;
        const char16_t *name;
    } lists[] = {
        {" address=", u"IPAddress"},
        {" mask=", u"SubnetMask"},
        {" gateway=", u"DefaultGateway"},
        {" gwmetric=", u"DefaultGatewayMetric"},
    };
    struct key_row *key = key_of(machine, TCPIP, index);
    const struct value_row *row = key ? find_value(key, u"EnableDHCP") : NULL;
    if (!row)
        return 1;
    if (strstr(rest, "source=dhcp")) {
        if (*(unsigned char *)row->bytes)
            return 1; /* it is enabled already */
        set_dhcp(machine, key, 1);
        return 0;
    }
    if (strcmp(verb, "set") == 0)
        set_dhcp(machine, key, 0);
    for (size_t i = 0; i < 4; i++) {
        const char *word = strstr(rest, lists[i].word);
        if (word)
            append_to(machine, key, lists[i].name, word + strlen(lists[i].word));
    }
    return 0;
}

static uint32_t netsh(struct fake_machine *machine, const char *arguments)
{
    char verb[8], rest[256] = "";
    unsigned index;
    if (sscanf(arguments, "interface ip %7s wins %u%255[^\n]", verb, &index, rest) == 3)
        return wins(machine, verb, index, rest);
    if (sscanf(arguments, "interface ipv4 %7s address name=\"%u\"%255[^\n]", verb, &index, rest) ==
        3)
        return address(machine, verb, index, rest);
    return 1;
}

static uint32_t record(struct fake_machine *machine, enum program program,
                       const char16_t *arguments)
{
    static const char *const names[] = {"netsh", "ipconfig", "tapctl"};
    char line[PROGRAM_ARGUMENTS] = "";
    size_t used = strlen(machine->record);
    if (step(machine, RUN))
        return ERROR_GEN_FAILURE;
    text_to_utf8(arguments, text_length(arguments), line, sizeof(line) - 1);
    snprintf(machine->record + used, sizeof(machine->record) - used, "%s %s\n", names[program],
             line);
    uint32_t code = program == PROGRAM_NETSH ? netsh(machine, line) : 0;
    uint32_t error = step(machine, RUN);
    return error ? error : code;
}

static uint32_t run(struct programs *self, enum program program, const char16_t *arguments,
                    uint32_t milliseconds)
{
    struct fake_machine *machine = programs_machine(self);
    (void)milliseconds;
    HOLD(machine);
    uint32_t error = enter(machine, RUN);
    if (error)
        return error;
    uint32_t code = record(machine, program, arguments);
    error = enter(machine, RUN_TO_THE_END);
    return error ? error : code;
}

/* Runs at once: this machine has no background. */
static uint32_t register_dns(struct programs *self)
{
    struct fake_machine *machine = programs_machine(self);
    HOLD(machine);
    uint32_t error = enter(machine, REGISTER_DNS);
    for (size_t i = 0; !error && i < REGISTER_DNS_STEPS; i++)
        error = record(machine, register_dns_steps[i].program, register_dns_steps[i].arguments);
    return error;
}

static bool is_openvpn(struct programs *self, uint32_t process_id)
{
    struct fake_machine *machine = programs_machine(self);
    HOLD(machine);
    return process_id && !is_dead(machine) &&
           (process_id == machine->openvpn || machine->openvpn == (uint32_t)EVERY_PROCESS);
}

void programs_open(struct programs *programs)
{
    *programs = (struct programs){
        .run = run,
        .register_dns = register_dns,
        .is_openvpn = is_openvpn,
    };
}

const char *machine_programs(struct fake_machine *machine)
{
    return machine->record;
}

void machine_set_openvpn(struct fake_machine *machine, uint32_t process_id)
{
    HOLD(machine);
    machine->openvpn = process_id;
}
