/* SPDX-License-Identifier: MIT */
/* values.h: values of a record of a reply; what a service of another version does not send is
 * empty, or 0. */
#ifndef CLIENT_VALUES_H
#define CLIENT_VALUES_H

#include "client/gatehouse.h"

static inline const wchar_t *value_text(const struct gatehouse_reply *reply, size_t record,
                                        const wchar_t *key)
{
    const wchar_t *value = gatehouse_reply_value(reply, record, key);
    return value ? value : L"";
}

static inline uint64_t value_number(const struct gatehouse_reply *reply, size_t record,
                                    const wchar_t *key)
{
    uint64_t number = 0;
    for (const wchar_t *digit = value_text(reply, record, key); *digit >= '0' && *digit <= '9';
         digit++)
        number = number * 10 + (uint64_t)(*digit - '0');
    return number;
}

static inline uint32_t value_count(const struct gatehouse_reply *reply, size_t record,
                                   const wchar_t *key)
{
    return (uint32_t)value_number(reply, record, key);
}

#endif
