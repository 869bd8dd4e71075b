/* SPDX-License-Identifier: MIT */
#include "dns/name_servers.h"

#include "base/errors.h"

static void name_servers_append_separator(struct text *list, char16_t separator)
{
    if (list->length)
        text_append_unit(list, separator);
}

void name_servers_of(const struct ip *addresses, size_t count, char16_t list[NAME_SERVERS_CAPACITY])
{
    struct text text = text_on(list, NAME_SERVERS_CAPACITY);
    for (size_t i = 0; i < count; i++) {
        name_servers_append_separator(&text, ',');
        numeric_append(&text, &addresses[i]);
    }
}

uint32_t name_servers_of_nrpt(const char addresses[NAME_SERVERS_IN_NRPT][NAME_SERVER_FIELD_SIZE],
                              uint16_t family, char16_t separator,
                              char16_t list[NAME_SERVERS_CAPACITY])
{
    struct text text = text_on(list, NAME_SERVERS_CAPACITY);
    bool is_good = addresses[0][0] != 0;
    for (size_t i = 0; is_good && i < NAME_SERVERS_IN_NRPT; i++) {
        char16_t units[NAME_SERVER_FIELD_SIZE];
        struct text address = TEXT_ON(units);
        struct ip ip;
        text_append_ascii(&address, addresses[i]);
        if (address.length == 0)
            continue;
        is_good = numeric_parse(units, address.length, &ip);
        if (!is_good || (family && family != ip.family))
            continue;
        name_servers_append_separator(&text, separator);
        text_append_units(&text, units, address.length);
    }
    if (is_good)
        return 0;
    list[0] = 0;
    return ERROR_MESSAGE_DATA;
}
