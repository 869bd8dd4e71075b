/* SPDX-License-Identifier: MIT */
#include "dns/name_servers.h"

#include "base/errors.h"

static void name_servers_append_separator(struct text *list, char16_t separator)
{
    if (list->length)
        text_append_unit(list, separator);
}

uint32_t name_servers_of(int16_t family, uint32_t count,
                         const struct message_ip addresses[NAME_SERVERS_IN_DNS],
                         char16_t list[NAME_SERVERS_CAPACITY])
{
    struct text text = text_on(list, NAME_SERVERS_CAPACITY);
    if (family != FAMILY_IPV4 && family != FAMILY_IPV6)
        return ERROR_INVALID_PARAMETER;
    for (uint32_t i = 0; i < count && i < NAME_SERVERS_IN_DNS; i++) {
        name_servers_append_separator(&text, ',');
        numeric_append(&text, family, &addresses[i]);
    }
    return 0;
}

uint32_t name_servers_of_nrpt(const struct message_nrpt *message, int16_t family,
                              char16_t separator, char16_t list[NAME_SERVERS_CAPACITY])
{
    struct text text = text_on(list, NAME_SERVERS_CAPACITY);
    bool is_good = message->addresses[0][0] != 0;
    for (size_t i = 0; is_good && i < NAME_SERVERS_IN_NRPT; i++) {
        char16_t units[sizeof(message->addresses[i])];
        struct text address = TEXT_ON(units);
        struct message_ip ip;
        int16_t its_family;

        text_append_ascii(&address, message->addresses[i]);
        if (address.length == 0)
            continue;
        is_good = numeric_parse(units, address.length, &its_family, &ip);
        if (!is_good || (family && family != its_family))
            continue;
        name_servers_append_separator(&text, separator);
        text_append_units(&text, units, address.length);
    }
    if (is_good)
        return 0;
    list[0] = 0;
    return ERROR_MESSAGE_DATA;
}
